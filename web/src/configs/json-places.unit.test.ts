import { json } from '@codemirror/lang-json';
import { EditorState } from '@codemirror/state';
import { expect, it } from 'vitest';
import { placeOf } from './json-places.ts';

const text = `{
  "agent": {
    "model": "a/b"
  },
  "providers": [{ "name": "x" }, { "name": "y" }],
  "a/b": true
}`;
const state = EditorState.create({ doc: text, extensions: [json()] });
const shown = (pointer: string): string => {
  const { from, to } = placeOf(state, pointer);
  return state.sliceDoc(from, to);
};

it('finds a value by its pointer', () => {
  expect(shown('/agent/model')).toBe('"a/b"');
  expect(shown('/providers/1/name')).toBe('"y"');
  expect(shown('/a~1b')).toBe('true');
});

it('marks the name of an object, not everything in it', () => {
  expect(shown('/agent')).toBe('"agent"');
});

it('stands at the nearest that is there for what is not', () => {
  expect(shown('/agent/timeoutSeconds')).toBe('"agent"');
  expect(shown('/nothing/here')).toBe('{');
});

it('stands at the beginning of a text that is no JSON', () => {
  expect(placeOf(EditorState.create({ doc: '', extensions: [json()] }), '/a')).toEqual({ from: 0, to: 0 });
});
