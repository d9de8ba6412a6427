import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/**
 * Where a tenant has, or may have, a space: written before the space is made, removed after it is gone. Instances do
 * not tell, because their records may go first.
 */
export const TenantSpace = defineEntity({
  name: 'TenantSpace',
  tableName: 'tenant_spaces',
  properties: {
    tenantId: p.uuid().primary(),
    clusterId: p.uuid().primary(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});
export type TenantSpace = InferEntity<typeof TenantSpace>;
