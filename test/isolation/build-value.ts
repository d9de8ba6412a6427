import type { Operation, Schema } from './document.ts';
import { kindAt, type Kind } from './kinds.ts';
import { anyKey } from './places.ts';

/** What is to stand at one place of the value. */
export interface Put {
  steps: readonly string[];
  value: unknown;
}

/** Which texts a schema without any list of values takes, by the property's name or by its pattern. */
const byName: Record<string, unknown> = {
  agentKind: 'openclaw',
  kind: 'openclaw',
  image: 'openclaw:1',
  timeZone: 'Europe/Berlin',
  baseUrl: 'https://models.example.com/v1',
  name: 'sample',
  hostKey: `SHA256:${'A'.repeat(43)}`,
};
const texts = ['sample', 'a text that is long enough', '1', '10:00', '/sample', 'SAMPLE', 'https://example.com'];

/** Where a schema says less than the route asks for. By operation and place. */
const beyondSchema: Record<string, (ids: Ids) => unknown> = {
  'createRollout change': () => ({ kind: 'restart' }),
  'previewRollout change': () => ({ kind: 'restart' }),
  'createRollout selection': (ids) => ({ instanceIds: [ids('instance')] }),
  'previewRollout selection': (ids) => ({ instanceIds: [ids('instance')] }),
  'changeMaintenanceSchedule name': () => 'retention',
};

type Ids = (kind: Kind) => string;

/**
 * The smallest value that a schema takes, and whatever is needed around `put` to have it there.
 * @throws Error naming the route and the place, where no value is known
 */
export function buildValue(
  operation: Operation,
  schema: Schema,
  { ids, put, at = [] }: { ids: Ids; put?: Put | undefined; at?: readonly string[] },
): unknown {
  const build = (of: Schema, steps: readonly string[]): unknown => {
    const way = put && startsWith(put.steps, steps) ? put.steps.slice(steps.length) : undefined;
    if (way?.length === 0) return put?.value;
    const known = beyondSchema[`${operation.id} ${steps.join('/')}`];
    if (known && !way) return known(ids);
    const branches = branchesOf(of);
    if (branches) {
      const branch = branches.find((one) => (way ? leads(one, way) : one.type !== 'null'));
      if (branch) return build(branch, steps);
    }
    if (of.const !== undefined) return of.const;
    if (of.enum) return of.enum[0];
    switch (Array.isArray(of.type) ? of.type[0] : of.type) {
      case 'object':
        return objectOf(of, steps, way?.[0]);
      case 'array': {
        const length = Math.max(of.minItems ?? 0, way ? 1 : 0);
        return Array.from({ length }, (_, index) => build(of.items ?? {}, [...steps, String(index)]));
      }
      case 'integer':
      case 'number':
        return of.minimum ?? (of.exclusiveMinimum === undefined ? 1 : of.exclusiveMinimum + 1);
      case 'boolean':
        return false;
      case 'null':
        return null;
      case 'string':
        return textOf(of, steps);
      case undefined:
        return {};
      default:
        throw unknown(steps);
    }
  };
  const objectOf = (of: Schema, steps: readonly string[], next: string | undefined): unknown => {
    // Of an object with members of its own, the branches say only which of them are needed.
    const [needed] = of.anyOf ?? [];
    const names = [
      ...(of.required ?? []),
      ...(needed?.required ?? []),
      ...(next && next in (of.properties ?? {}) ? [next] : []),
    ];
    const members = [...new Set(names)].map((name) => [name, build(of.properties?.[name] ?? {}, [...steps, name])]);
    if (next === anyKey && typeof of.additionalProperties === 'object') {
      members.push([anyKey, build(of.additionalProperties, [...steps, anyKey])]);
    }
    return Object.fromEntries(members);
  };
  const textOf = ({ format, pattern = '', minLength = 0 }: Schema, steps: readonly string[]): unknown => {
    if (format === 'uuid') return ids(kindAt(operation, steps));
    if (format === 'date-time') return '2026-01-01T00:00:00Z';
    const fits = (text: string) => text.length >= minLength && new RegExp(pattern, 'u').test(text);
    const found = [byName[steps.at(-1) ?? ''], ...texts].find((text) => typeof text === 'string' && fits(text));
    if (found === undefined) throw unknown(steps);
    return found;
  };
  const unknown = (steps: readonly string[]): Error =>
    new Error(`${operation.id}: test/isolation/build-value.ts knows no value for ${steps.join('/')}`);
  return build(schema, at);
}

const startsWith = (steps: readonly string[], begin: readonly string[]): boolean =>
  begin.every((step, index) => steps[index] === step);

/** Where a schema is one of several. */
const branchesOf = ({ oneOf, anyOf, properties }: Schema): Schema[] | undefined =>
  properties ? undefined : (oneOf ?? anyOf);

/** Whether a schema has a place at the end of that way. */
function leads(schema: Schema, way: readonly string[]): boolean {
  const branches = branchesOf(schema);
  if (branches) return branches.some((branch) => leads(branch, way));
  const [next, ...rest] = way;
  if (next === undefined) return schema.type !== 'null' && schema.enum === undefined;
  const { properties = {}, items, additionalProperties } = schema;
  if (next in properties) return leads(properties[next] ?? {}, rest);
  if (/^\d+$/.test(next)) return items !== undefined && leads(items, rest);
  return typeof additionalProperties === 'object' && leads(additionalProperties, rest);
}
