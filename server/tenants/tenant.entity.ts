import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const Tenant = defineEntity({
  name: 'Tenant',
  tableName: 'tenants',
  properties: {
    id: p.uuid().primary(),
    name: p.text(),
    displayName: p.text(),
    phase: p.enum(['Active', 'Deleting', 'Deleted'] as const).default('Active'),
    /** What follows a found drift. */
    driftPolicy: p.enum(['report', 'repair'] as const).default('report'),
    /** The shared clusters that new instances may be placed on; null: all of them. */
    allowedClusters: p.array().$type<string[]>().columnType('uuid[]').nullable(),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type Tenant = InferEntity<typeof Tenant>;
