import { isObject } from './json.ts';

/**
 * Paths at which what a program shows is not what was written. It may add defaults, which do not count; what it dropped
 * does. Where a text names a variable (a pattern with the flag g, or null), it may show the value, which we do not have.
 */
export function differences(
  written: unknown,
  shown: unknown,
  variable: RegExp | null,
  path: readonly string[] = [],
): string[][] {
  if (typeof written === 'string') return isShown(written, shown, variable) ? [] : [[...path]];
  if (Array.isArray(written)) {
    if (!Array.isArray(shown) || shown.length < written.length) return [[...path]];
    return written.flatMap((item, at) => differences(item, shown[at], variable, [...path, String(at)]));
  }
  if (isObject(written)) {
    if (!isObject(shown)) return [[...path]];
    return Object.entries(written).flatMap(([key, value]) => differences(value, shown[key], variable, [...path, key]));
  }
  return written === shown ? [] : [[...path]];
}

function isShown(written: string, shown: unknown, variable: RegExp | null): boolean {
  if (written === shown) return true;
  if (typeof shown !== 'string' || variable === null) return false;
  const parts = written.replaceAll(variable, '\0').split('\0');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return false;
  let at = first.length;
  if (!shown.startsWith(first)) return false;
  for (const part of rest) {
    const next = shown.indexOf(part, at);
    if (next === -1) return false;
    at = next + part.length;
  }
  return shown.endsWith(rest.at(-1) ?? '');
}
