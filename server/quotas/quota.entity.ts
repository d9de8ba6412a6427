import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** What a tenant may use at most. */
export const Quota = defineEntity({
  name: 'Quota',
  tableName: 'quotas',
  properties: {
    tenantId: p.uuid().primary(),
    cpuMillis: p.bigint('number'),
    memoryBytes: p.bigint('number'),
    storageBytes: p.bigint('number'),
    instances: p.integer(),
    generation: p.integer().default(1),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
});
export type Quota = InferEntity<typeof Quota>;

/** The one ledger: what each instance holds now. Reserved at admission, settled with the operation. */
export const QuotaReservation = defineEntity({
  name: 'QuotaReservation',
  tableName: 'quota_reservations',
  properties: {
    tenantId: p.uuid().primary(),
    instanceId: p.uuid().primary(),
    cpuMillis: p.bigint('number'),
    memoryBytes: p.bigint('number'),
    storageBytes: p.bigint('number'),
    instances: p.integer(),
  },
});
export type QuotaReservation = InferEntity<typeof QuotaReservation>;
