import type { z } from 'zod';
import type { memberRoles } from '../access/roles.ts';
import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { MemberAnswer } from './member.schema.ts';

/** A row of `role_assignments` with its user. */
export interface MemberRow {
  id: string;
  userId: string;
  name: string;
  displayName: string;
  role: (typeof memberRoles)[number];
  tenantId: string;
  projectId: string | null;
  createdAt: Date | string;
}

export const memberColumns = `a.id, a.user_id as "userId", u.name, u.display_name as "displayName", a.role,
  a.tenant_id as "tenantId", a.project_id as "projectId", a.created_at as "createdAt"`;

export const memberTables = 'role_assignments a join users u on u.id = a.user_id';

export const presentMember = (row: MemberRow, caller: Caller): z.output<typeof MemberAnswer> => ({
  id: row.id,
  userId: row.userId,
  name: row.name,
  displayName: row.displayName,
  role: row.role,
  tenantId: row.tenantId,
  projectId: row.projectId,
  createdAt: timeOf(row.createdAt),
  permissions: loadPermissions(caller, row, ['member:read', 'member:delete']),
});
