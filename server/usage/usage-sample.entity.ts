import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** What an agent did in the `seconds` that end at `at`; counters of the agent are turned into differences. */
export const UsageSample = defineEntity({
  name: 'UsageSample',
  tableName: 'usage_samples',
  properties: {
    tenantId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    at: p.datetime().primary(),
    seconds: p.integer(),
    callsSucceeded: p.bigint('number').default(0),
    callsFailed: p.bigint('number').default(0),
    runs: p.bigint('number').default(0),
    tokensIn: p.bigint('number').default(0),
    tokensOut: p.bigint('number').default(0),
    /** US dollars times a million. */
    costMicros: p.bigint('number').default(0),
  },
});
export type UsageSample = InferEntity<typeof UsageSample>;
