import type { JsonSchema } from '../configs/schema-paths.ts';

/** A part of the unified configuration, as the server describes it. */
export const someConfigurationSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    agent: {
      type: 'object',
      additionalProperties: false,
      properties: {
        model: { type: 'string', description: 'provider/model' },
        heartbeatMinutes: { type: 'integer', minimum: 0, default: 0 },
      },
    },
    logging: {
      type: 'object',
      additionalProperties: false,
      properties: { level: { type: 'string', enum: ['info', 'debug'] } },
    },
    providers: { type: 'array', items: { $ref: '#/$defs/ModelProvider' } },
    environment: { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/Secret' }] } },
  },
  $defs: {
    ModelProvider: {
      type: 'object',
      properties: { name: { type: 'string' }, reasoning: { type: 'boolean' } },
      required: ['name'],
    },
    Secret: { type: 'object', properties: { secret: { type: 'string' } }, required: ['secret'] },
  },
};
