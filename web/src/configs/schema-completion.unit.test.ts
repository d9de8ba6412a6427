import { CompletionContext } from '@codemirror/autocomplete';
import { json } from '@codemirror/lang-json';
import { EditorState } from '@codemirror/state';
import { expect, it } from 'vitest';
import { someConfigurationSchema as schema } from '../testing/configuration-schema.ts';
import { completeBySchema } from './schema-completion.ts';

/** What is offered at the `|`. */
function offered(text: string, variables: readonly string[] = []): string[] {
  const at = text.indexOf('|');
  const state = EditorState.create({ doc: text.replace('|', ''), extensions: [json()] });
  const result = completeBySchema(() => ({ schema, variables }))(new CompletionContext(state, at, true));
  return (result?.options ?? []).map(({ label, displayLabel }) => displayLabel ?? label);
}

it('offers the members of the object that the cursor is in', () => {
  expect(offered('{|}')).toEqual(['"agent"', '"logging"', '"providers"', '"environment"']);
  expect(offered('{"agent": {"|"}}')).toEqual(['"model"', '"heartbeatMinutes"']);
});

it('does not offer a member twice', () => {
  expect(offered('{"agent": {"model": "a/b", "|"}}')).toEqual(['"heartbeatMinutes"']);
  expect(offered('{"agent": {"model": "a/b", |}}')).toEqual(['"heartbeatMinutes"']);
});

it('offers the values that a member may have', () => {
  expect(offered('{"logging": {"level": "|"}}')).toEqual(['"info"', '"debug"']);
  expect(offered('{"logging": {"level": |}}')).toEqual(['"info"', '"debug"']);
});

it('goes through references and lists', () => {
  expect(offered('{"providers": [{"|"}]}')).toEqual(['"name"', '"reasoning"']);
  expect(offered('{"providers": [{"name": "a", "reasoning": |}]}')).toEqual(['true', 'false']);
  expect(offered('{"environment": {"KEY": {"|"}}}')).toEqual(['"secret"']);
});

it('offers the variables where a value stands', () => {
  expect(offered('{"agent": {"model": |}}', ['model'])).toEqual(['$variable model']);
});

it('is silent where nothing is known', () => {
  expect(offered('{"agent": {"model": {"deeper": {"|"}}}}')).toEqual([]);
  expect(offered('|')).toEqual([]);
});
