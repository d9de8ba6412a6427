import { isObject } from '../json.ts';

/**
 * Paths at which what OpenCode shows is not what was written. It adds defaults, which do not count, drops what it does
 * not know, which does, and shows the values of variables, which we do not have.
 */
export function differences(written: unknown, shown: unknown, path: readonly string[] = []): string[][] {
  if (typeof written === 'string') return isShown(written, shown) ? [] : [[...path]];
  if (Array.isArray(written)) {
    if (!Array.isArray(shown) || shown.length < written.length) return [[...path]];
    return written.flatMap((item, at) => differences(item, shown[at], [...path, String(at)]));
  }
  if (isObject(written)) {
    if (!isObject(shown)) return [[...path]];
    return Object.entries(written).flatMap(([key, value]) => differences(value, shown[key], [...path, key]));
  }
  return written === shown ? [] : [[...path]];
}

function isShown(written: string, shown: unknown): boolean {
  if (typeof shown !== 'string') return false;
  const parts = written.split(/\{env:[^}]*\}/);
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return written === shown;
  let at = first.length;
  if (!shown.startsWith(first)) return false;
  for (const part of rest) {
    const next = shown.indexOf(part, at);
    if (next === -1) return false;
    at = next + part.length;
  }
  return shown.endsWith(rest.at(-1) ?? '');
}
