import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { InstancePhase, Power } from '../../workflows/contracts/phases.ts';
import type { RecordedError } from '../operations/operation.entity.ts';
import type { Placement } from '../placement/find-place.ts';

/** Desired state. `revision` is wanted, `liveRevision` is what was last proven live. */
export const Instance = defineEntity({
  name: 'Instance',
  tableName: 'instances',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    projectId: p.uuid(),
    clusterId: p.uuid(),
    name: p.text(),
    labels: p.json<Record<string, string>>().default('{}'),
    agentKind: p.text(),
    power: p.text().$type<Power>(),
    revision: p.integer(),
    liveRevision: p.integer().nullable(),
    generation: p.integer().default(1),
    phase: p.text().$type<InstancePhase>(),
    phaseSince: p.datetime().defaultRaw('now()'),
    lastError: p.json<RecordedError>().nullable(),
    volume: p.enum(['none', 'present', 'purged'] as const).default('none'),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
    deletedAt: p.datetime().nullable(),
    /** Of the wanted revision; kept here for selection. */
    templateId: p.uuid().nullable(),
    templateVersion: p.integer().nullable(),
    /** Rolled back so often since it was last changed by hand; at three, rollouts leave it alone. */
    rollbacks: p.integer().default(0),
    /** Why it is on its cluster; null: of before such was kept. */
    placement: p.json<Placement>().nullable(),
  },
});
export type Instance = InferEntity<typeof Instance>;
