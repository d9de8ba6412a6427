import { Validator } from '@cfworker/json-schema';
import { segmentOf } from './json-pointer.ts';
import type { JsonSchema } from './schema-paths.ts';

export interface SchemaFault {
  /** JSON pointer into the document. */
  pointer: string;
  /** The word of JSON Schema that is not kept; `false` where a member is not known at all. */
  keyword: string;
  detail: string;
}

/** They only say that something below them is wrong. */
const wrappers = new Set([
  'properties',
  'additionalProperties',
  'items',
  'prefixItems',
  '$ref',
  'allOf',
  'propertyNames',
]);

/** What a layer's document says that no configuration can say. A reference to a variable may stand for any value. */
export function schemaFaults(schema: JsonSchema, document: unknown): SchemaFault[] {
  // Reads the schema as it goes, without making code of it, which the content security policy forbids.
  const { errors } = new Validator(schema, '2020-12', false).validate(document);
  const references = variablePointers(document);
  // Of alternatives, none of which fits, that one sentence; not the reasons of each.
  const refused = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  return errors
    .filter(({ keyword }) => !wrappers.has(keyword))
    .filter(({ keywordLocation }) => !refused.some((one) => keywordLocation.startsWith(`${one.keywordLocation}/`)))
    .map(({ instanceLocation, keyword, error }) => ({
      pointer: decodeURI(instanceLocation.slice(1)),
      keyword,
      detail: error,
    }))
    .filter(({ pointer }) => !references.some((at) => pointer === at || pointer.startsWith(`${at}/`)));
}

function variablePointers(value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('$variable' in value) return [pointer];
  return Object.entries(value).flatMap(([key, member]) => variablePointers(member, `${pointer}/${segmentOf(key)}`));
}
