import { isObject } from './json.ts';
import { pointerOf } from './json-pointer.ts';
import type { LayerDocument } from './config-version.entity.ts';

const key = '$variable';

/** `{"$variable": "name"}` and nothing else. */
const referenceIn = (value: unknown): string | null => {
  if (!isObject(value) || !Object.hasOwn(value, key) || Object.keys(value).length !== 1) return null;
  const name = value[key];
  return typeof name === 'string' ? name : null;
};

/** Whether it was meant as a reference and is none. */
const isBrokenReference = (value: unknown): boolean =>
  isObject(value) && Object.hasOwn(value, key) && referenceIn(value) === null;

export interface References {
  /** Place -> name of the variable. */
  places: Map<string, string>;
  /** Places of what holds `$variable` beside other members, or with something else than a name. */
  broken: string[];
}

export function referencesIn(document: LayerDocument): References {
  const found: References = { places: new Map(), broken: [] };
  const visit = (value: unknown, path: string[]): void => {
    const name = referenceIn(value);
    if (name !== null) found.places.set(pointerOf(path), name);
    else if (isBrokenReference(value)) found.broken.push(pointerOf(path));
    else if (typeof value === 'object' && value !== null) {
      for (const [member, child] of Object.entries(value)) visit(child, [...path, member]);
    }
  };
  visit(document, []);
  return found;
}

export interface Substituted {
  document: LayerDocument;
  /** Items of arrays whose variable has no value: unlike a member, an item cannot be left out. */
  missing: { pointer: string; variable: string }[];
}

/** The document with the variables' values; a member whose variable has none is left out. */
export function substitute(document: LayerDocument, values: Record<string, unknown>): Substituted {
  const missing: Substituted['missing'] = [];
  const valueOf = (name: string): unknown => (Object.hasOwn(values, name) ? values[name] : undefined);
  const fill = (value: unknown, path: string[]): unknown => {
    const name = referenceIn(value);
    if (name !== null) return valueOf(name);
    if (Array.isArray(value)) {
      return value.map((item, index) => {
        const at = [...path, String(index)];
        const variable = referenceIn(item);
        const filled = fill(item, at);
        if (filled === undefined && variable !== null) missing.push({ pointer: pointerOf(at), variable });
        return filled;
      });
    }
    if (!isObject(value)) return value;
    // Object.fromEntries makes a member even of __proto__, which the merge then refuses.
    return Object.fromEntries(
      Object.entries(value).flatMap(([member, child]): [string, unknown][] => {
        const filled = fill(child, [...path, member]);
        return filled === undefined ? [] : [[member, filled]];
      }),
    );
  };
  return { document: fill(document, []) as LayerDocument, missing };
}
