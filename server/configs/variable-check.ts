import { createHash } from 'node:crypto';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { Fault } from '../../workflows/contracts/problems.ts';
import { isObject, isShallowerThan } from './json.ts';
import { pointerOf } from './json-pointer.ts';
import { linearPattern } from './linear-pattern.ts';
import { shapeFaults } from './variable-schema.ts';

type Schema = Record<string, unknown>;

const formats = ['date', 'time', 'date-time', 'duration', 'uri', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'] as const;
const maxBytes = 32_768;
const maxDepth = 20;
const maxText = 4_000;
const maxItems = 1_000;

/** Ajv tells patterns apart by their text; `code` is for compiling to a file, which nobody does here. */
const regExp = Object.assign((pattern: string) => ({ ...linearPattern(pattern), toString: () => pattern }), {
  code: '',
});

/** Knows what a schema looks like; compiles none, because an instance keeps parts of all that it ever compiled. */
const meta = new Ajv2020({ strict: false, logger: false, addUsedSchema: false });

const options = {
  strict: true,
  allowUnionTypes: true,
  allErrors: true,
  useDefaults: true,
  validateSchema: false,
  meta: false,
  logger: false,
  formats: Object.fromEntries(formats.map((name) => [name, fullFormats[name]])),
  code: { regExp },
} as const;

/** Compiled ones by the schema's text, the least recently used first. */
const compiled = new Map<string, ValidateFunction>();
const maxCompiled = 200;

/** Why this cannot be the schema of variables, defaults that do not match it included; pointers into the schema. */
export function variableSchemaFaults(schema: Schema): Fault[] {
  const faults = shapeFaults(schema);
  if (faults.length > 0) return faults;
  try {
    if (meta.validateSchema(schema) !== true) return (meta.errors ?? []).map(faultOf);
    return defaultFaults(compile(schema));
  } catch (error) {
    return [faultOfCompiling(error)];
  }
}

export interface CheckedVariables {
  /** With the defaults filled in. */
  values: Record<string, unknown>;
  /** Pointers into the variables. */
  faults: Fault[];
}

/** The variables with the schema's defaults, and what is wrong with them. The schema has no faults itself. */
export function checkVariables(schema: Schema, given: Record<string, unknown>): CheckedVariables {
  const tooMuch = sizeFaults(given);
  if (tooMuch.length > 0) return { values: given, faults: tooMuch };
  const values = structuredClone(given);
  const validate = compile(schema);
  const faults = validate(values) ? [] : (validate.errors ?? []).map(faultOf);
  return { values, faults };
}

/** Names that the schema knows. */
export const declaredVariables = ({ properties }: Schema): string[] =>
  isObject(properties) ? Object.keys(properties) : [];

function compile(schema: Schema): ValidateFunction {
  const text = JSON.stringify(schema);
  const key = createHash('sha256').update(text).digest('base64');
  const known = compiled.get(key);
  compiled.delete(key);
  const root: Schema = { ...schema, type: 'object', additionalProperties: schema.additionalProperties ?? false };
  const validate = known ?? new Ajv2020(options).compile(root);
  compiled.set(key, validate);
  const [oldest] = compiled.keys();
  if (compiled.size > maxCompiled && oldest !== undefined) compiled.delete(oldest);
  return validate;
}

function defaultFaults(validate: ValidateFunction): Fault[] {
  if (validate({})) return [];
  return (validate.errors ?? [])
    .filter(({ keyword, instancePath }) => keyword !== 'required' && instancePath !== '')
    .map((error) => {
      const [, name = ''] = error.instancePath.split('/');
      return { pointer: `/properties/${name}/default`, detail: `The default ${error.message ?? 'does not match'}.` };
    });
}

function faultOf({ keyword, instancePath, params, message }: ErrorObject): Fault {
  if (keyword === 'required') {
    return { pointer: instancePath + pointerOf([String(params.missingProperty)]), detail: 'A value is needed.' };
  }
  if (keyword === 'additionalProperties') {
    return { pointer: instancePath + pointerOf([String(params.additionalProperty)]), detail: 'No such variable.' };
  }
  const allowed = keyword === 'enum' ? `: ${JSON.stringify(params.allowedValues).slice(0, 300)}` : '';
  return { pointer: instancePath, detail: `${message ?? 'does not match'}${allowed}` };
}

function faultOfCompiling(error: unknown): Fault {
  const message = error instanceof Error ? error.message : 'cannot be compiled';
  const [, pointer = ''] = /(?:at "#|data)(\/[^"\s]*)/.exec(message) ?? [];
  return { pointer, detail: message.slice(0, 500) };
}

function sizeFaults(variables: Record<string, unknown>): Fault[] {
  if (!isShallowerThan(variables, maxDepth)) return [{ pointer: '', detail: 'Nested too deeply.' }];
  if (JSON.stringify(variables).length > maxBytes)
    return [{ pointer: '', detail: `More than ${maxBytes / 1024} KiB.` }];
  return longFaults(variables, []);
}

function longFaults(value: unknown, path: string[]): Fault[] {
  if (typeof value === 'string')
    return value.length > maxText ? [{ pointer: pointerOf(path), detail: `Longer than ${maxText} characters.` }] : [];
  if (Array.isArray(value) && value.length > maxItems) {
    return [{ pointer: pointerOf(path), detail: `More than ${maxItems} items.` }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '__proto__'
      ? [{ pointer: pointerOf([...path, key]), detail: 'A key cannot be called __proto__.' }]
      : longFaults(child, [...path, key]),
  );
}
