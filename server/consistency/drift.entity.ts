import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export interface DriftFinding {
  what: 'configuration' | 'image' | 'resources' | 'power' | 'objects';
  wanted: string;
  found: string;
}

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
  },
});
export type Drift = InferEntity<typeof Drift>;
