import { isObject, isShallowerThan } from './json.ts';
import { pointerOf } from './json-pointer.ts';
import { linearPattern } from './linear-pattern.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';

/** Only what is cheap for any value and refers to nothing: who writes a schema cannot keep the process busy with it. */
const annotations = ['$schema', '$comment', 'title', 'description', 'default', 'examples', 'deprecated'];
const assertions = [
  'type',
  'enum',
  'const',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'required',
];
const holdsSchema = ['items', 'additionalProperties'];
const holdsSchemas = ['prefixItems', 'allOf', 'anyOf', 'oneOf'];
const holdsNamedSchemas = ['properties'];
const known: ReadonlySet<string> = new Set([
  ...annotations,
  ...assertions,
  ...holdsSchema,
  ...holdsSchemas,
  ...holdsNamedSchemas,
]);

const maxSchemaBytes = 32_768;
const maxSchemaDepth = 24;
const maxPatternLength = 500;
const maxPatterns = 20;

/** What keeps a variables' schema from being compiled at all; pointers into the schema. */
export function shapeFaults(schema: unknown): Fault[] {
  if (!isShallowerThan(schema, maxSchemaDepth)) return [{ pointer: '', detail: 'Nested too deeply.' }];
  if (JSON.stringify(schema).length > maxSchemaBytes) {
    return [{ pointer: '', detail: `Longer than ${maxSchemaBytes / 1024} KiB.` }];
  }
  const root: Fault[] =
    isObject(schema) && Object.hasOwn(schema, 'type') && schema.type !== 'object'
      ? [{ pointer: '/type', detail: 'It describes the object that holds the variables.' }]
      : [];
  return [...root, ...tooManyPatterns(schema), ...faultsAt(schema, [])];
}

/** Counts whatever is called so, a property too: nobody needs twenty of those either. */
function tooManyPatterns(schema: unknown): Fault[] {
  const count = JSON.stringify(schema).split('"pattern":').length - 1;
  return count > maxPatterns ? [{ pointer: '', detail: `More than ${maxPatterns} patterns.` }] : [];
}

function faultsAt(schema: unknown, path: (string | number)[]): Fault[] {
  if (typeof schema === 'boolean') return [];
  if (!isObject(schema)) return [{ pointer: pointerOf(path), detail: 'Not a JSON Schema.' }];
  return Object.entries(schema).flatMap(([key, value]) => {
    const at = [...path, key];
    if (!known.has(key)) return [{ pointer: pointerOf(at), detail: `The keyword ${key} cannot be used here.` }];
    if (key === 'pattern') return patternFaults(value, at);
    if (holdsSchema.includes(key)) return faultsAt(value, at);
    if (holdsSchemas.includes(key)) {
      if (!Array.isArray(value)) return [{ pointer: pointerOf(at), detail: 'A list of schemas is needed.' }];
      return value.flatMap((one, index) => faultsAt(one, [...at, index]));
    }
    if (!holdsNamedSchemas.includes(key)) return [];
    if (!isObject(value)) return [{ pointer: pointerOf(at), detail: 'An object of schemas is needed.' }];
    return Object.entries(value).flatMap(([name, one]) =>
      name === '__proto__' || name.length > 100
        ? [{ pointer: pointerOf([...at, name]), detail: 'Choose another name.' }]
        : faultsAt(one, [...at, name]),
    );
  });
}

function patternFaults(pattern: unknown, path: (string | number)[]): Fault[] {
  const pointer = pointerOf(path);
  if (typeof pattern !== 'string' || pattern.length > maxPatternLength) {
    return [{ pointer, detail: `A regular expression of at most ${maxPatternLength} characters.` }];
  }
  try {
    linearPattern(pattern);
    return [];
  } catch (error) {
    return [
      { pointer, detail: `Not a regular expression of RE2: ${error instanceof Error ? error.message : 'broken'}` },
    ];
  }
}
