import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import type { ConfigLayer } from '../configs/layers.ts';
import type { LayerDocument } from '../configs/config-version.entity.ts';
import type { Resources } from '../../activities/runtimes/runtime.ts';

/** Immutable: agent version, configuration and resources of an instance under one number. */
export const Revision = defineEntity({
  name: 'Revision',
  tableName: 'revisions',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    instanceId: p.uuid(),
    number: p.integer(),
    agentVersionId: p.uuid(),
    configuration: p.json<UnifiedConfiguration>(),
    configurationHash: p.text(),
    resources: p.json<Resources>(),
    secretNames: p.array(),
    templateId: p.uuid().nullable(),
    templateVersion: p.integer().nullable(),
    variables: p.json<Record<string, unknown>>().default('{}'),
    /** The instance's own layer as written; null where it was made before there were layers: then it is all of it. */
    overrides: p.json<LayerDocument>().nullable(),
    /** JSON pointer into `configuration` -> the layer that its value comes from. */
    provenance: p.json<Record<string, ConfigLayer>>().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type Revision = InferEntity<typeof Revision>;
