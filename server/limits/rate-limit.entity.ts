import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A bucket that all replicas draw from, told by the moment at which it would be full again. */
export const RateLimit = defineEntity({
  name: 'RateLimit',
  tableName: 'rate_limits',
  properties: {
    key: p.text().primary(),
    quota: p.integer(),
    fullAt: p.datetime(),
    /** Of the last exchange: what whoever asked was given. */
    granted: p.integer(),
  },
});
export type RateLimit = InferEntity<typeof RateLimit>;
