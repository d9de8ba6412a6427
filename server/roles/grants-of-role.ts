import { Problem } from '../../workflows/contracts/problem.ts';
import { isPermission, permissions, type Permission } from '../access/permissions.ts';
import type { Decisions } from '../access/rights.ts';
import { isBuiltIn, ownRole } from '../access/roles.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { CustomRole } from './role.entity.ts';

/** All that a role holds, written out. */
export interface RoleGrants {
  permissions: readonly Permission[];
  /** Besides, on instances that the holder has made himself. */
  ownPermissions: readonly Permission[];
}

export function grantsOfBuiltIn(builtIn: Decisions, role: string): RoleGrants {
  const held = permissions.filter((permission) => builtIn.allows(role, permission));
  const own = permissions.filter((permission) => builtIn.allows(ownRole(role), permission));
  return { permissions: held, ownPermissions: own.filter((permission) => !held.includes(permission)) };
}

/**
 * Of a built-in role or one of the tenant's own, which is kept from being changed until the transaction ends.
 * @throws Problem 'role.unknown'
 */
export async function grantsOfRole(
  tx: Transaction,
  builtIn: Decisions,
  { role, tenantId }: { role: string; tenantId: string },
): Promise<RoleGrants> {
  if (isBuiltIn(role)) return grantsOfBuiltIn(builtIn, role);
  await tx.query('select id from roles where tenant_id = ? and id = ? for share', [tenantId, role]);
  const found = await tx.em.findOne(CustomRole, { tenantId, id: role });
  if (!found) throw new Problem('role.unknown');
  return { permissions: found.permissions.filter(isPermission), ownPermissions: [] };
}
