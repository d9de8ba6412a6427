import { ensureSyntaxTree, syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import { segmentsOf } from './json-pointer.ts';

type Node = ReturnType<typeof syntaxTree>['topNode'];

export interface Place {
  from: number;
  to: number;
}

const parseMs = 200;
const values = new Set(['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null']);
const children = (node: Node, isWanted: (child: Node) => boolean): Node[] => {
  const found: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (isWanted(child)) found.push(child);
  return found;
};
const isValue = ({ name }: Node): boolean => values.has(name);
const valueOf = (property: Node): Node | undefined => children(property, isValue)[0];

export const topNodeOf = (state: EditorState): Node =>
  (ensureSyntaxTree(state, state.doc.length, parseMs) ?? syntaxTree(state)).topNode;

function keyOf(state: EditorState, property: Node): string | null {
  const key = property.getChild('PropertyName');
  if (!key) return null;
  try {
    return String(JSON.parse(state.sliceDoc(key.from, key.to)));
  } catch {
    return null; // Still being typed.
  }
}

/** Names of the members that an object has already. */
export const keysOf = (state: EditorState, object: Node): string[] =>
  children(object, ({ name }) => name === 'Property').flatMap((property) => keyOf(state, property) ?? []);

/** The way from the root of the document to a node, as the members and indexes on it. */
export function pathOf(state: EditorState, node: Node): string[] {
  const path: string[] = [];
  for (let at = node; at.parent; at = at.parent) {
    if (at.parent.name === 'Property' && at.name !== 'PropertyName') path.unshift(keyOf(state, at.parent) ?? '');
    if (at.parent.name === 'Array' && isValue(at)) {
      path.unshift(String(children(at.parent, isValue).findIndex(({ from }) => from === at.from)));
    }
  }
  return path;
}

/** Where a JSON pointer leads in the text; what is not there stands at the nearest that is. */
export function placeOf(state: EditorState, pointer: string): Place {
  let node = children(topNodeOf(state), isValue)[0];
  if (!node) return { from: 0, to: state.doc.lineAt(0).to };
  let key: Node | null = null;
  for (const segment of segmentsOf(pointer)) {
    const member: Node | undefined =
      node.name === 'Array'
        ? children(node, isValue)[Number(segment)]
        : children(node, ({ name }) => name === 'Property').find((property) => keyOf(state, property) === segment);
    if (!member) break;
    key = member.name === 'Property' ? member.getChild('PropertyName') : null;
    node = member.name === 'Property' ? (valueOf(member) ?? member) : member;
  }
  // A whole object would underline everything in it.
  const isLong = node.name === 'Object' || node.name === 'Array';
  if (isLong && key) return { from: key.from, to: key.to };
  return { from: node.from, to: isLong ? Math.min(node.to, state.doc.lineAt(node.from).to) : node.to };
}
