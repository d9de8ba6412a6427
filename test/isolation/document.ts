/** The part of JSON Schema that the API's own document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  description?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  minItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  default?: unknown;
}

export interface Parameter {
  in: 'path' | 'query' | 'header';
  name: string;
  required: boolean;
  schema: Schema;
}

/** One operation as the document describes it, references to components resolved. */
export interface Operation {
  id: string;
  method: string;
  /** Below `/api/v1`, with `{name}` for each parameter. */
  path: string;
  /** What it asks for; `public`, or `signed-in`. */
  permission: string;
  parameters: readonly Parameter[];
  body: Schema | null;
  /** What it answers when all is well. */
  answers: 'stream' | 'file' | 'list' | 'object';
}

interface Described {
  operationId: string;
  'x-permission': string;
  parameters?: { in: string; name: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface ApiDocument {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

const prefix = '/api/v1';

export function operationsOf({ paths, components: { schemas } }: ApiDocument): Operation[] {
  const resolve = (schema: Schema): Schema => {
    const name = schema.$ref?.split('/').at(-1);
    const found = name === undefined ? schema : schemas[name];
    if (!found) throw new Error(`the document refers to ${schema.$ref}, which it does not have`);
    return name === undefined ? found : resolve(found);
  };
  const resolved = new Map<Schema, Schema>();
  // Whoever reads a part of it finds the next part resolved, too; a schema that holds itself is no problem.
  const whole = (schema: Schema): Schema => {
    const found = resolve(schema);
    const known = resolved.get(found);
    if (known) return known;
    const copy: Schema = { ...found };
    resolved.set(found, copy);
    for (const key of ['anyOf', 'oneOf', 'allOf'] as const) if (found[key]) copy[key] = found[key].map(whole);
    if (found.properties) {
      copy.properties = Object.fromEntries(Object.entries(found.properties).map(([name, of]) => [name, whole(of)]));
    }
    if (found.items) copy.items = whole(found.items);
    if (typeof found.additionalProperties === 'object') copy.additionalProperties = whole(found.additionalProperties);
    return copy;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): Operation => {
      const body = described.requestBody?.content['application/json']?.schema;
      return {
        id: described.operationId,
        method: method.toUpperCase(),
        path: path.slice(prefix.length),
        permission: described['x-permission'],
        parameters: (described.parameters ?? []).map((one) => ({
          in: one.in as Parameter['in'],
          name: one.name,
          required: one.required === true,
          schema: whole(one.schema),
        })),
        body: body ? whole(body) : null,
        answers: answersOf(described, whole),
      };
    }),
  );
}

function answersOf({ responses }: Described, whole: (schema: Schema) => Schema): Operation['answers'] {
  const content = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1].content ?? {};
  const json = content['application/json'];
  if ('text/event-stream' in content) return 'stream';
  if (!json) return Object.keys(content).length > 0 ? 'file' : 'object';
  const { properties = {} } = whole(json.schema);
  return 'items' in properties && 'next' in properties ? 'list' : 'object';
}
