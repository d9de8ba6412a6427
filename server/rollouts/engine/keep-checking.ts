import { RolloutPhase } from '../../../workflows/contracts/phases.ts';
import type { RecordedError } from '../../operations/operation.entity.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { decide } from '../planner/decide.ts';
import { Rollout } from '../rollout.entity.ts';
import { announce } from './announce.ts';
import { pauseRollout } from './move-rollout.ts';
import { readTallies, stateOf, totalsOf } from './read-state.ts';
import { recordDecision } from './record-decision.ts';

/** Whether the rollout still wants to be checked: not where somebody has stopped it, nor past its deadline, which pauses it. */
export async function keepChecking(tx: Transaction, id: string): Promise<boolean> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', id);
  if (rollout?.phase !== RolloutPhase.Pending) return false;
  const now = new Date();
  const decision = decide(stateOf(rollout, [], new Map(), now), now);
  if (decision.do !== 'pause') return true;
  rollout.generation += 1;
  pauseRollout(tx, rollout, decision.reason, rollout.error?.detail);
  announce(tx, rollout, totalsOf(await readTallies(tx, id)));
  return false;
}

/** Says for what the check waits: in the rollout's error until it goes on, once in its timeline, and to who follows it. */
export async function noteWaiting(tx: Transaction, id: string, error: RecordedError): Promise<void> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', id);
  if (rollout?.phase !== RolloutPhase.Pending || rollout.error?.detail === error.detail) return;
  if (!rollout.error) {
    recordDecision(tx, rollout, { kind: 'check-waits', reason: error.code, detail: { detail: error.detail } });
  }
  rollout.error = error;
  rollout.generation += 1;
  announce(tx, rollout, totalsOf(await readTallies(tx, id)));
}
