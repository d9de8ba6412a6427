import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** One holder at a time; every take-over raises the epoch, and every write of a holder carries it. */
export const Lease = defineEntity({
  name: 'Lease',
  tableName: 'leases',
  properties: {
    name: p.text().primary(),
    holder: p.text(),
    epoch: p.bigint('number'),
    expiresAt: p.datetime(),
  },
});
export type Lease = InferEntity<typeof Lease>;
