import type { Schema } from './document.ts';

/** Stands for any key of a map: a variable of a process, a label. */
export const anyKey = 'SAMPLE';

const deepest = 12;

/** The steps to every place of a value whose schema is of that kind; a place in several branches of a union once. */
export function placesIn(
  schema: Schema,
  fits: (schema: Schema, steps: readonly string[]) => boolean,
  steps: readonly string[] = [],
): (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  const look = (at: Schema, way: readonly string[]): void => {
    if (way.length > deepest) return;
    if (fits(at, way)) found.set(way.join('/'), way);
    for (const branch of [...(at.anyOf ?? []), ...(at.oneOf ?? []), ...(at.allOf ?? [])]) look(branch, way);
    for (const [name, property] of Object.entries(at.properties ?? {})) look(property, [...way, name]);
    if (at.items) look(at.items, [...way, '0']);
    if (typeof at.additionalProperties === 'object') look(at.additionalProperties, [...way, anyKey]);
  };
  look(schema, steps);
  return [...found.values()];
}
