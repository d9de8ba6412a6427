import { Problem } from '../../workflows/contracts/problem.ts';
import { lockRow } from '../persistence/lock-row.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { CustomRole } from './role.entity.ts';

/** @throws Problem 'role.unknown', also for one of another tenant */
export async function requireRole(tx: Transaction, id: string): Promise<CustomRole> {
  const role = await tx.em.findOne(CustomRole, { id });
  if (!role) throw new Problem('role.unknown');
  return role;
}

/** Locked until the end of the transaction. @throws Problem 'role.unknown', also for one of another tenant */
export async function lockRole(tx: Transaction, id: string): Promise<CustomRole> {
  const role = await lockRow(tx, CustomRole, 'roles', id);
  if (!role) throw new Problem('role.unknown');
  return role;
}

/**
 * As `lockRole`, for whoever may also rename it. The tenant is locked first, which is the order of every command that
 * needs both.
 */
export async function lockRoleAndNames(tx: Transaction, id: string): Promise<CustomRole> {
  const { tenantId } = await requireRole(tx, id);
  await tx.query('select id from tenants where id = ? for no key update', [tenantId]);
  return lockRole(tx, id);
}
