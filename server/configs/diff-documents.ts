import { isObject, isSameJson } from './json.ts';
import { pointerOf } from './json-pointer.ts';
import type { ConfigDiff } from './config.schema.ts';

type Change = ConfigDiff['changes'][number];

/** What turns one document into the other, place by place; items of arrays are compared by their position. */
export function diffDocuments(from: unknown, to: unknown, path: readonly string[] = []): Change[] {
  const [before, after] = [membersOf(from), membersOf(to)];
  const comparable = before && after && Array.isArray(from) === Array.isArray(to);
  if (!comparable) return isSameJson(from, to) ? [] : [{ pointer: pointerOf(path), kind: 'changed', from, to }];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key): Change[] => {
    const at = [...path, key];
    if (!after.has(key)) return [{ pointer: pointerOf(at), kind: 'removed', from: before.get(key) }];
    if (!before.has(key)) return [{ pointer: pointerOf(at), kind: 'added', to: after.get(key) }];
    return diffDocuments(before.get(key), after.get(key), at);
  });
}

const membersOf = (value: unknown): Map<string, unknown> | null =>
  Array.isArray(value) || isObject(value) ? new Map(Object.entries(value)) : null;
