import type { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import { exceeding } from '../access/exceeding.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { isPermission } from '../access/permissions.ts';
import type { Decisions } from '../access/rights.ts';
import { timeOf } from '../http/fields.ts';
import { grantsOfBuiltIn, type RoleGrants } from '../roles/grants-of-role.ts';
import type { MemberAnswer } from './member.schema.ts';

/** A row of `role_assignments` with its user. */
export interface MemberRow {
  id: string;
  userId: string;
  name: string;
  displayName: string;
  role: z.output<typeof MemberAnswer>['role'];
  /** Of one of the tenant's own roles. */
  roleName: string | null;
  rolePermissions: string[] | null;
  tenantId: string;
  projectId: string | null;
  projectName: string | null;
  generation: number;
  createdAt: Date | string;
}

export const memberColumns = `a.id, a.user_id as "userId", u.name, u.display_name as "displayName", a.role,
  r.name as "roleName", r.permissions as "rolePermissions", a.tenant_id as "tenantId", a.project_id as "projectId",
  p.name as "projectName", a.generation, a.created_at as "createdAt"`;

export const memberTables = `role_assignments a join users u on u.id = a.user_id
  left join roles r on r.id = a.custom_role_id left join projects p on p.id = a.project_id`;

export const grantsOfMember = ({ role, rolePermissions }: MemberRow, builtIn: Decisions): RoleGrants =>
  rolePermissions
    ? { permissions: rolePermissions.filter(isPermission), ownPermissions: [] }
    : grantsOfBuiltIn(builtIn, role);

/** With `permissions` only where the caller holds all that the person holds by this role. */
export const presentMember = (row: MemberRow, caller: Caller, builtIn: Decisions): z.output<typeof MemberAnswer> => ({
  id: row.id,
  userId: row.userId,
  name: row.name,
  displayName: row.displayName,
  role: row.role,
  roleName: row.roleName,
  tenantId: row.tenantId,
  projectId: row.projectId,
  projectName: row.projectName,
  generation: row.generation,
  createdAt: timeOf(row.createdAt),
  permissions:
    exceeding(caller, grantsOfMember(row, builtIn), placeOf(row)).length === 0
      ? loadPermissions(caller, placeOf(row), ['member:update', 'member:delete'])
      : [],
});

export const placeOf = ({ tenantId, projectId }: { tenantId: string; projectId: string | null }) => ({
  tenantId,
  projectId,
});
