import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** What an agent's process had counted when it was last asked; the next answer is compared with it. */
export const UsageCounter = defineEntity({
  name: 'UsageCounter',
  tableName: 'usage_counters',
  properties: {
    tenantId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    processId: p.text(),
    since: p.datetime(),
    at: p.datetime(),
    callsSucceeded: p.bigint('number').default(0),
    callsFailed: p.bigint('number').default(0),
    runs: p.bigint('number').default(0),
    tokensIn: p.bigint('number').default(0),
    tokensOut: p.bigint('number').default(0),
    costMicros: p.bigint('number').default(0),
  },
});
export type UsageCounter = InferEntity<typeof UsageCounter>;
