import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { LayerDocument } from './config-version.entity.ts';

/** What a tenant (or one of its projects) sets for all instances of a kind, below the platform and above templates. */
export const ConfigDefaults = defineEntity({
  name: 'ConfigDefaults',
  tableName: 'config_defaults',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    projectId: p.uuid().nullable(),
    agentKind: p.text(),
    configuration: p.json<LayerDocument>().default('{}'),
    locks: p.array(),
    generation: p.integer().default(1),
    updatedAt: p.datetime().defaultRaw('now()'),
    updatedBy: p.uuid().nullable(),
  },
});
export type ConfigDefaults = InferEntity<typeof ConfigDefaults>;

/** The topmost layer, of no tenant. */
export const PlatformDefaults = defineEntity({
  name: 'PlatformDefaults',
  tableName: 'platform_defaults',
  properties: {
    agentKind: p.text().primary(),
    configuration: p.json<LayerDocument>().default('{}'),
    locks: p.array(),
    generation: p.integer().default(1),
    updatedAt: p.datetime().defaultRaw('now()'),
    updatedBy: p.uuid().nullable(),
  },
});
export type PlatformDefaults = InferEntity<typeof PlatformDefaults>;
