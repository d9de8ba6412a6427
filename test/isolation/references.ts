import type { Operation, Schema } from './document.ts';
import { isShared, kindAt, textWithId, type Kind } from './kinds.ts';
import { placesIn } from './places.ts';

/** A place of a request where a tenant's object can be named. */
export interface Reference {
  in: 'path' | 'query' | 'body';
  /** Into the body, or the one name of a parameter. */
  steps: readonly string[];
  kind: Kind;
  /** How an id is written there. */
  write: (id: string) => unknown;
}

export const nameOf = ({ in: place, steps }: Reference): string => `${place} /${steps.join('/')}`;

const asIs = (id: string): string => id;

/**
 * Every place of a request that names an object of a tenant.
 * @throws Error naming the route, for a place of which nobody has said what it names
 */
export const referencesOf = (operation: Operation): Reference[] =>
  allReferencesOf(operation).filter(({ kind }) => !isShared(kind));

/** Also of what all tenants share, or may. */
export function allReferencesOf(operation: Operation): Reference[] {
  const within = (schema: Schema, place: Reference['in'], steps: readonly string[]): Reference[] =>
    placesIn(schema, namesSomething, steps).map((found) => ({
      in: place,
      steps: found,
      kind: kindAt(operation, found),
      write: asIs,
    }));
  const inParameters = operation.parameters.flatMap(({ in: place, name, schema }): Reference[] => {
    if (place === 'header') return [];
    const text = textWithId(operation, name);
    if (text) return [{ in: place, steps: [name], ...text }];
    if (holdsIds(schema)) throw new Error(`${operation.id}: how does ${name} hold an id? See test/isolation/kinds.ts`);
    return within(schema, place, [name]);
  });
  const inBody = operation.body
    ? [...within(operation.body, 'body', []), ...inDocuments(operation, operation.body)]
    : [];
  return [...inParameters, ...inBody];
}

/**
 * Templates and defaults name secrets too, and their schema does not say where. Those that are kept are kept as they are
 * written: a name is looked up when an instance is planned, which has a configuration of its own to try it with.
 */
const lookedUp = new Set(['validateConfig']);

const isDocument = ({ type, properties }: Schema, steps: readonly string[]): boolean =>
  steps.at(-1) === 'configuration' && type === 'object' && !properties;

const inDocuments = ({ id }: Operation, body: Schema): Reference[] =>
  placesIn(body, (schema, steps) => lookedUp.has(id) && isDocument(schema, steps)).map((steps) => ({
    in: 'body',
    steps,
    kind: 'secretName',
    write: (secret) => ({ environment: { SAMPLE: { secret } } }),
  }));

const isId = (schema: Schema): boolean => schema.format === 'uuid';

const namesSomething = (schema: Schema, steps: readonly string[]): boolean =>
  isId(schema) || (steps.at(-1) === 'secret' && schema.type === 'string');

/** A pattern with an id somewhere inside. */
const holdsIds = (schema: Schema): boolean => !isId(schema) && /\[0-9a-f\]\{8\}/.test(schema.pattern ?? '');
