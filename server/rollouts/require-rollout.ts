import { Problem } from '../../workflows/contracts/problem.ts';
import { lockRow } from '../persistence/lock-row.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Rollout } from './rollout.entity.ts';

/** @throws Problem 'rollout.unknown', also for one of another tenant */
export async function requireRollout(tx: Transaction, id: string): Promise<Rollout> {
  const rollout = await tx.em.findOne(Rollout, { id });
  if (!rollout) throw new Problem('rollout.unknown');
  return rollout;
}

/** Locks the row: a control and a step of the engine never interleave. @throws Problem 'rollout.unknown' */
export async function lockRollout(tx: Transaction, id: string): Promise<Rollout> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', id);
  if (!rollout) throw new Problem('rollout.unknown');
  return rollout;
}
