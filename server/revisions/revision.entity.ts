import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
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
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type Revision = InferEntity<typeof Revision>;
