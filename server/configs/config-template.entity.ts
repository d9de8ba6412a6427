import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A configuration for many instances of one kind; what it says is in its versions. */
export const ConfigTemplate = defineEntity({
  name: 'ConfigTemplate',
  tableName: 'config_templates',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    projectId: p.uuid().nullable(),
    name: p.text(),
    description: p.text().default(''),
    agentKind: p.text(),
    latestVersion: p.integer().default(1),
    publishedVersion: p.integer().nullable(),
    retiredAt: p.datetime().nullable(),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type ConfigTemplate = InferEntity<typeof ConfigTemplate>;
