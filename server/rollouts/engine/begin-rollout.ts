import { isOpenRollout, RolloutPhase } from '../../../workflows/contracts/phases.ts';
import type { RecordedError } from '../../operations/operation.entity.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Rollout } from '../rollout.entity.ts';
import { announce } from './announce.ts';
import { endRollout } from './end-rollout.ts';
import { readTallies, totalsOf } from './read-state.ts';
import { recordDecision } from './record-decision.ts';

/** All that the rollout brings has been checked; nothing where somebody has decided otherwise meanwhile. */
export async function beginRollout(tx: Transaction, id: string, configurations: number): Promise<void> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', id);
  if (!rollout || rollout.phase !== RolloutPhase.Pending) return;
  rollout.phase = RolloutPhase.Progressing;
  rollout.startedAt = new Date();
  rollout.error = null;
  rollout.generation += 1;
  recordDecision(tx, rollout, { kind: 'checked', detail: { configurations } });
  announce(tx, rollout, totalsOf(await readTallies(tx, id)));
}

/** Ends an open rollout that cannot go on. No target that was not begun is touched any more. */
export async function failRollout(tx: Transaction, id: string, error: RecordedError): Promise<void> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', id);
  if (!rollout || !isOpenRollout(rollout.phase)) return;
  await endRollout(tx, rollout, RolloutPhase.Failed, error);
  announce(tx, rollout, totalsOf(await readTallies(tx, id)));
}
