import {
  snippetCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import type { EditorState } from '@codemirror/state';
import { keysOf, pathOf, topNodeOf } from './json-places.ts';
import { schemasAt, type JsonSchema } from './schema-paths.ts';

interface Known {
  schema: JsonSchema;
  /** Names that `{ "$variable": … }` may take. */
  variables: readonly string[];
}

/** Completes members and values by what the schema says of the place. */
export function completeBySchema(known: () => Known) {
  return (context: CompletionContext): CompletionResult | null => {
    const { state, pos } = context;
    const node = topNodeOf(state).resolveInner(pos, -1);
    const word = context.matchBefore(/"?[\w$./-]*"?/);
    if (!context.explicit && !word?.text) return null;
    const from = word?.from ?? pos;
    // What a closing quote leaves behind would stand there twice.
    const to = state.sliceDoc(pos, pos + 1) === '"' && word?.text.startsWith('"') ? pos + 1 : pos;

    const object = isAtKey(state, from, node.name) ? enclosing(node, 'Object') : null;
    if (object) {
      const taken = keysOf(state, object).filter((key) => !word?.text.includes(key));
      const hasColon = /^\s*:/.test(state.sliceDoc(to, to + 20));
      const options = keyOptions(known().schema, pathOf(state, object), hasColon).filter(
        ({ label }) => !taken.includes(label.slice(1, -1)),
      );
      return options.length > 0 ? { from, to, options, validFor: /^"?[\w$-]*"?$/ } : null;
    }
    const path = valuePath(state, node);
    if (!path) return null;
    const options = valueOptions(known(), path);
    return options.length > 0 ? { from, to, options, validFor: /^"?[\w$./-]*"?$/ } : null;
  };
}

type Node = ReturnType<typeof topNodeOf>;

function enclosing(node: Node, name: string): Node | null {
  for (let at: Node | null = node; at; at = at.parent) if (at.name === name) return at;
  return null;
}

/** Before the word stands what a member begins after: an opening brace or a comma in an object. */
function isAtKey(state: EditorState, from: number, nodeName: string): boolean {
  if (nodeName === 'PropertyName') return true;
  const before = state.sliceDoc(Math.max(0, from - 400), from).trimEnd();
  if (before.endsWith('{')) return true;
  if (!before.endsWith(',')) return false;
  const container = topNodeOf(state).resolveInner(from, -1);
  for (let at: Node | null = container; at; at = at.parent) {
    if (at.name === 'Object') return true;
    if (at.name === 'Array') return false;
  }
  return false;
}

function valuePath(state: EditorState, node: Node): string[] | null {
  for (let at: Node | null = node; at; at = at.parent) {
    if (at.name === 'Property') {
      const inside = at.lastChild && at.lastChild.name !== 'PropertyName' ? at.lastChild : null;
      return inside ? pathOf(state, inside) : [...pathOf(state, at), keyText(state, at)];
    }
    if (at.name === 'Array') return [...pathOf(state, at), '0'];
    if (at.name === 'Object') return null;
  }
  return null;
}

const keyText = (state: EditorState, property: Node): string => {
  const key = property.getChild('PropertyName');
  return key ? state.sliceDoc(key.from + 1, key.to - 1) : '';
};

function keyOptions(schema: JsonSchema, path: readonly string[], hasColon: boolean): Completion[] {
  return schemasAt(schema, path)
    .flatMap(({ properties }) => Object.entries(properties ?? {}))
    .map(([name, member]) => {
      const [first] = schemasAt({ ...member, $defs: schema.$defs }, []);
      const completion: Completion = {
        label: `"${name}"`,
        type: 'property',
        detail: [first?.type].flat().filter(Boolean).join(' | '),
        ...((member.description ?? first?.description) && { info: member.description ?? first?.description }),
      };
      return hasColon ? completion : snippetCompletion(`"${name}": ${templateOf(first)}`, completion);
    });
}

function templateOf(schema: JsonSchema | undefined): string {
  if (schema?.enum) return '${}';
  const [type] = [schema?.type].flat();
  if (type === 'object') return '{\n\t${}\n}';
  if (type === 'array') return '[${}]';
  if (type === 'string') return '"${}"';
  return '${}';
}

function valueOptions({ schema, variables }: Known, path: readonly string[]): Completion[] {
  const here = schemasAt(schema, path);
  const words = here.flatMap((one) => [
    ...(one.enum ?? []),
    ...('const' in one ? [one.const] : []),
    ...(one.type === 'boolean' ? [true, false] : []),
    ...(one.default === undefined || one.enum || typeof one.default === 'object' ? [] : [one.default]),
  ]);
  const literals = [...new Set(words.map((word) => JSON.stringify(word)))].map((label) => ({
    label,
    type: 'constant',
  }));
  const references = variables.map((name) => ({
    label: `"$variable ${name}"`,
    displayLabel: `$variable ${name}`,
    apply: `{ "$variable": ${JSON.stringify(name)} }`,
    type: 'variable',
    boost: -1,
  }));
  return [...literals, ...references];
}
