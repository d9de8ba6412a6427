import { isActive } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { lockInstance } from '../instances/require-instance.ts';
import { lockRow } from '../persistence/lock-row.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Operation } from './operation.entity.ts';

/**
 * Locks an operation for a change, its instance first: that is the order of every command, so that none waits for
 * another in a circle. @throws Problem 'operation.unknown', also for one of another tenant
 */
export async function requireOperation(tx: Transaction, id: string): Promise<Operation> {
  const found = await tx.em.findOne(Operation, { id });
  if (!found) throw new Problem('operation.unknown');
  if (found.instanceId) await lockInstance(tx, found.instanceId);
  const operation = await lockRow(tx, Operation, 'operations', id);
  if (!operation) throw new Problem('operation.unknown');
  return operation;
}

/**
 * To be asked under the instance's lock: a command that supersedes needs the same lock, so that the answer stays true
 * until the transaction ends.
 */
export async function isStillActive(tx: Transaction, id: string): Promise<boolean> {
  const operation = await tx.em.findOne(Operation, { id }, { refresh: true });
  return operation !== null && isActive(operation.phase);
}
