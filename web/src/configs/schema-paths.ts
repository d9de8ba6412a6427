type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** What of JSON Schema (2020-12) the editor and the form of variables read. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: JsonType | JsonType[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

/** All that may stand at a place: a reference is followed, alternatives are several. */
export function schemasAt(root: JsonSchema, path: readonly string[]): JsonSchema[] {
  return path.reduce(
    (schemas, member) =>
      schemas
        .flatMap(
          (schema) => [schema.properties?.[member], schema.additionalProperties, schema.items].find(isSchema) ?? [],
        )
        .flatMap((schema) => alternatives(root, schema)),
    alternatives(root, root),
  );
}

function alternatives(root: JsonSchema, schema: JsonSchema): JsonSchema[] {
  if (schema.$ref) {
    const named = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return named ? alternatives(root, named) : [];
  }
  const several = schema.anyOf ?? schema.oneOf;
  return several ? several.flatMap((one) => alternatives(root, { description: schema.description, ...one })) : [schema];
}
