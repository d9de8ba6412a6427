import type { Operation, Schema } from './document.ts';
import { placesIn } from './places.ts';
import type { Reference } from './references.ts';

const isText = ({ type, enum: values, const: only, format }: Schema): boolean =>
  (type === 'string' || (Array.isArray(type) && type.includes('string'))) &&
  !values &&
  only === undefined &&
  format !== 'uuid';

/** Every place of a request where somebody can write what he likes, as far as a pattern lets him. */
export function textsOf(operation: Operation): Omit<Reference, 'kind'>[] {
  const within = (schema: Schema, place: Reference['in'], steps: readonly string[]) =>
    placesIn(schema, isText, steps).map((found) => ({ in: place, steps: found, write: (text: string) => text }));
  const inParameters = operation.parameters.flatMap(({ in: place, name, schema }) =>
    place === 'header' ? [] : within(schema, place, [name]),
  );
  return [...inParameters, ...(operation.body ? within(operation.body, 'body', []) : [])];
}
