import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Difference } from '../../activities/runtimes/runtime.ts';

export type DriftFinding = Difference;

/** Whether an instance runs what it should, as last compared. */
export const Drift = defineEntity({
  name: 'Drift',
  tableName: 'drifts',
  properties: {
    tenantId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    state: p.enum(['consistent', 'drifted', 'unknown'] as const),
    findings: p.json<DriftFinding[]>().default('[]'),
    revision: p.integer(),
    checkedAt: p.datetime().defaultRaw('now()'),
    driftedSince: p.datetime().nullable(),
    operationId: p.uuid().nullable(),
    /** The image as the agent version names it, and as which one the cluster ran it when it was first looked at. */
    image: p.text().nullable(),
    imageId: p.text().nullable(),
  },
});
export type Drift = InferEntity<typeof Drift>;
