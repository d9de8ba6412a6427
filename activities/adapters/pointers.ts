import { isObject } from './json.ts';

/** RFC 6901. */
export const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/**
 * Splits the dotted path of an OpenClaw message along a document. Keys may hold dots themselves (`models.providers.a.b`),
 * so the longest key that exists wins; what does not exist is split at each dot.
 */
export function splitDottedPath(dotted: string, document: unknown): string[] {
  if (dotted === '' || dotted === '<root>') return [];
  const parts = dotted.split('.');
  const path: string[] = [];
  let value = document;
  for (let at = 0; at < parts.length;) {
    const taken = longestKey(parts, at, value);
    const key = parts.slice(at, at + taken).join('.');
    path.push(key);
    value = isObject(value) ? value[key] : Array.isArray(value) ? value[Number(key)] : undefined;
    at += taken;
  }
  return path;
}

function longestKey(parts: string[], at: number, value: unknown): number {
  if (!isObject(value)) return 1;
  for (let length = parts.length - at; length > 1; length--) {
    if (Object.hasOwn(value, parts.slice(at, at + length).join('.'))) return length;
  }
  return 1;
}
