/** Plain JSON work on configuration documents: no prototypes, no surprises. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** An object whose members are still unchecked, as it comes out of `JSON.parse`. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Assigning these to an ordinary object reaches its prototype instead of making a member. */
export const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A copy with sorted keys: what a database gives back in another key order still renders to the same bytes. */
export function canonical(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) throw new TypeError(`Not a JSON value: ${typeof value}`);
  const copy: JsonObject = {};
  for (const key of Object.keys(value).toSorted()) {
    if (!prototypeKeys.has(key)) copy[key] = canonical(value[key]);
  }
  return copy;
}

/** Objects are merged member by member; everything else, arrays too, is replaced by what `over` has. */
export function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value;
  }
  return merged;
}

export function equals(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => equals(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && equals(left[key], right[key]));
}

/** The value at a path of own members and array positions, or undefined. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

/** Calls `visit` for every value below the root with its path; a visitor's `false` leaves its children out. */
export function walk(
  document: unknown,
  visit: (path: readonly string[], value: unknown) => boolean | void,
  path: readonly string[] = [],
): void {
  if (typeof document !== 'object' || document === null) return;
  for (const [key, value] of Object.entries(document)) {
    const below = [...path, key];
    if (visit(below, value) !== false) walk(value, visit, below);
  }
}
