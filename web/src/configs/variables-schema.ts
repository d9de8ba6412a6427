import type { JsonSchema } from './schema-paths.ts';

/** What can be written of one variable; the server takes more, this is what the editor offers. */
const variable: JsonSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', enum: ['string', 'integer', 'number', 'boolean', 'object', 'array'] },
    title: { type: 'string', description: 'Label of its field' },
    description: { type: 'string', description: 'Hint below its field' },
    default: { description: 'Taken where nothing is entered' },
    enum: { type: 'array', description: 'The only values it may have' },
    minimum: { type: 'number' },
    maximum: { type: 'number' },
    minLength: { type: 'integer', minimum: 0 },
    maxLength: { type: 'integer', minimum: 0 },
    pattern: { type: 'string' },
    format: { type: 'string' },
    items: { type: 'object', description: 'Schema of the members of an array' },
    minItems: { type: 'integer', minimum: 0 },
    maxItems: { type: 'integer', minimum: 0 },
  },
};

export const variablesSchema: JsonSchema = {
  type: 'object',
  properties: {
    type: { const: 'object' },
    properties: { type: 'object', description: 'The variables by name', additionalProperties: variable },
    required: { type: 'array', description: 'Names without which nothing is rendered', items: { type: 'string' } },
    additionalProperties: { type: 'boolean', description: 'false: no variable but these' },
  },
};

export const variableTypes = ['string', 'integer', 'number', 'boolean'] as const;
export type VariableType = (typeof variableTypes)[number];

/** The schema with one more variable. */
export const withVariable = (schema: JsonSchema, name: string, type: VariableType): JsonSchema => ({
  type: 'object',
  ...schema,
  properties: { ...schema.properties, [name]: { type } },
  additionalProperties: schema.additionalProperties ?? false,
});
