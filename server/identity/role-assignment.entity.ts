import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/**
 * A role on the platform (no tenant), in a tenant (no project) or in one project. `role` names a built-in one or is the
 * id of one of the tenant's own.
 */
export const RoleAssignment = defineEntity({
  name: 'RoleAssignment',
  tableName: 'role_assignments',
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    role: p.text(),
    tenantId: p.uuid().nullable(),
    projectId: p.uuid().nullable(),
    customRoleId: p.uuid().nullable(),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type RoleAssignment = InferEntity<typeof RoleAssignment>;
