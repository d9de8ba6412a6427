import { PauseReason, RolloutPhase } from '../../../workflows/contracts/phases.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Rollout } from '../rollout.entity.ts';
import { announce } from './announce.ts';
import { pauseRollout } from './move-rollout.ts';
import { readTallies, totalsOf } from './read-state.ts';

/** Whoever asked for the rollout may no longer do what it does: it begins nothing until somebody who may resumes it. */
export async function pauseForLostRights(tx: Transaction, rolloutId: string, detail: string): Promise<void> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', rolloutId);
  if (rollout?.phase !== RolloutPhase.Progressing) return;
  rollout.generation += 1;
  pauseRollout(tx, rollout, PauseReason.RightsLost, detail);
  announce(tx, rollout, totalsOf(await readTallies(tx, rolloutId)));
}
