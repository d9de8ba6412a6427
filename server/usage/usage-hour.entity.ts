import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** Sums of samples that are older than their retention, by the hour. */
export const UsageHour = defineEntity({
  name: 'UsageHour',
  tableName: 'usage_hours',
  properties: {
    tenantId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    at: p.datetime().primary(),
    callsSucceeded: p.bigint('number').default(0),
    callsFailed: p.bigint('number').default(0),
    runs: p.bigint('number').default(0),
    tokensIn: p.bigint('number').default(0),
    tokensOut: p.bigint('number').default(0),
    costMicros: p.bigint('number').default(0),
  },
});
export type UsageHour = InferEntity<typeof UsageHour>;
