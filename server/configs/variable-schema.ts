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
/** Compiling takes half a millisecond for each. */
const maxNodes = 400;
const maxPatterns = 20;
const maxPatternLength = 500;
const maxNameLength = 100;

/** What keeps a variables' schema from being compiled at all; pointers into the schema. */
export function shapeFaults(schema: unknown): Fault[] {
  const whole = (detail: string): Fault[] => [{ pointer: '', detail }];
  if (!isShallowerThan(schema, maxSchemaDepth)) return whole('Nested too deeply.');
  if (JSON.stringify(schema).length > maxSchemaBytes) return whole(`Longer than ${maxSchemaBytes / 1024} KiB.`);
  const nodes = [...nodesOf(schema, [])];
  if (nodes.length > maxNodes) return whole(`More than ${maxNodes} schemas within each other.`);
  const patterns = nodes.filter(({ node }) => isObject(node) && Object.hasOwn(node, 'pattern'));
  if (patterns.length > maxPatterns) return whole(`More than ${maxPatterns} patterns.`);
  const root: Fault[] =
    isObject(schema) && Object.hasOwn(schema, 'type') && schema.type !== 'object'
      ? [{ pointer: '/type', detail: 'It describes the object that holds the variables.' }]
      : [];
  return [...root, ...nodes.flatMap(faultsOfNode)];
}

interface Node {
  /** A schema, or what stands where one should. */
  node: unknown;
  path: string[];
}

/** The schema and every one within it. */
function* nodesOf(node: unknown, path: string[]): Iterable<Node> {
  yield { node, path };
  if (!isObject(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (holdsSchema.includes(key)) yield* nodesOf(value, [...path, key]);
    const many = holdsSchemas.includes(key) || holdsNamedSchemas.includes(key);
    if (!many || typeof value !== 'object' || value === null) continue;
    for (const [name, one] of Object.entries(value)) yield* nodesOf(one, [...path, key, name]);
  }
}

function faultsOfNode({ node, path }: Node): Fault[] {
  if (typeof node === 'boolean') return [];
  if (!isObject(node)) return [{ pointer: pointerOf(path), detail: 'Not a JSON Schema.' }];
  return Object.entries(node).flatMap(([key, value]) => {
    const pointer = pointerOf([...path, key]);
    if (!known.has(key)) return [{ pointer, detail: `The keyword ${key} cannot be used here.` }];
    if (key === 'pattern') return patternFaults(value, pointer);
    if (holdsSchemas.includes(key) && !Array.isArray(value))
      return [{ pointer, detail: 'A list of schemas is needed.' }];
    if (!holdsNamedSchemas.includes(key)) return [];
    if (!isObject(value)) return [{ pointer, detail: 'An object of schemas is needed.' }];
    return Object.keys(value).flatMap((name): Fault[] =>
      name === '__proto__' || name.length > maxNameLength
        ? [{ pointer: pointerOf([...path, key, name]), detail: 'Choose another name.' }]
        : [],
    );
  });
}

function patternFaults(pattern: unknown, pointer: string): Fault[] {
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
