import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import type { Permission } from '../access/permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { Tenant } from './tenant.entity.ts';
import type { TenantAnswer } from './tenant.schema.ts';

const onTenant = [
  'tenant:update',
  'tenant:delete',
  'quota:read',
  'quota:update',
  'project:create',
  'secret:create',
  'config:create',
  'instance:create',
] as const satisfies Permission[];

export type TenantRow = Pick<Tenant, 'id' | 'name' | 'displayName' | 'phase' | 'driftPolicy' | 'generation'> & {
  createdAt: Date | string;
};

export const presentTenant = (tenant: TenantRow, caller: Caller): TenantAnswer => ({
  id: tenant.id,
  name: tenant.name,
  displayName: tenant.displayName,
  phase: tenant.phase,
  driftPolicy: tenant.driftPolicy,
  generation: tenant.generation,
  createdAt: timeOf(tenant.createdAt),
  permissions: loadPermissions(caller, { tenantId: tenant.id }, onTenant),
});
