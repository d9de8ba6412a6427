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
