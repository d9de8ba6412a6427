import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A part of the unified configuration, as written in one layer; places may hold `{ "$variable": "name" }`. */
export type LayerDocument = Record<string, unknown>;

/** Immutable but for its status: what a template says under one number. `locks` are JSON pointers. */
export const ConfigVersion = defineEntity({
  name: 'ConfigVersion',
  tableName: 'config_versions',
  properties: {
    tenantId: p.uuid().primary(),
    templateId: p.uuid().primary(),
    version: p.integer().primary(),
    status: p.enum(['draft', 'published', 'retired'] as const).default('draft'),
    configuration: p.json<LayerDocument>(),
    /** JSON Schema of an object: name -> schema of its value. */
    variables: p.json<Record<string, unknown>>().default('{}'),
    locks: p.array(),
    reason: p.text().default(''),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
    createdByName: p.text(),
    publishedAt: p.datetime().nullable(),
  },
});
export type ConfigVersion = InferEntity<typeof ConfigVersion>;
