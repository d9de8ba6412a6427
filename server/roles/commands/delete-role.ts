import { ForeignKeyConstraintViolationException } from '@mikro-orm/core';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { CustomRole } from '../role.entity.ts';

/** The foreign key of the assignments decides whether somebody holds it. @throws Problem 'role.in-use', 'request.stale' */
export async function deleteRole(
  tx: Transaction,
  { role, expectedGeneration, by }: { role: CustomRole; expectedGeneration: number; by: Requester },
): Promise<void> {
  requireGeneration(role, expectedGeneration);
  const { id, name, tenantId, permissions: grants } = role;
  try {
    await tx.query('delete from roles where tenant_id = ? and id = ?', [tenantId, id]);
  } catch (error) {
    if (error instanceof ForeignKeyConstraintViolationException)
      throw new Problem('role.in-use', name, { cause: error });
    throw error;
  }
  recordChange(tx, { noun: 'role', verb: 'delete', object: { id, name, tenantId }, by, detail: { grants } });
}
