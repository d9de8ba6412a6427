import { Problem } from '../../workflows/contracts/problem.ts';
import { lockRow } from '../persistence/lock-row.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Instance } from './instance.entity.ts';

/** @throws Problem 'instance.unknown', also for one of another tenant */
export async function requireInstance(tx: Transaction, id: string): Promise<Instance> {
  const instance = await tx.em.findOne(Instance, { id });
  if (!instance) throw new Problem('instance.unknown');
  return instance;
}

/** Locks the row; every command that changes an instance begins here, so that two of them never interleave. */
export async function lockInstance(tx: Transaction, id: string): Promise<Instance> {
  const instance = await lockRow(tx, Instance, 'instances', id);
  if (!instance) throw new Problem('instance.unknown');
  return instance;
}
