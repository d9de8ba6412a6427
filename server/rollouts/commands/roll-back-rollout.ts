import { WavePhase } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { goingBack } from '../planner/transitions.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import { holdRollout, type ControlOrder } from './hold-rollout.ts';

export interface RollBackRollout extends ControlOrder {
  /** Go back though instances have done new work since; it is lost to them (a copy is kept). */
  discardNewState: boolean;
}

/**
 * Takes every updated target back to the revision that it left, newest wave first.
 * @throws Problem 'rollout.unknown', 'rollout.ended', 'rollout.state-conflict'
 */
export async function rollBackRollout(tx: Transaction, order: RollBackRollout): Promise<Rollout> {
  const { id, discardNewState, reason, by } = order;
  const { rollout, wave } = await holdRollout(tx, id, 'rollback');
  const from = rollout.pauseReason ?? null;
  Object.assign(rollout, goingBack, { pauseDetail: null });
  // Of the way back only: what somebody agreed to lose on the way there is another thing.
  rollout.discardNewState = discardNewState || (rollout.discardNewState && Boolean(rollout.rollbackStartedAt));
  rollout.rollbackStartedAt ??= new Date();
  if (wave && wave.phase !== WavePhase.Passed) wave.phase = WavePhase.Failed;
  rollout.generation += 1;
  await recordControl(tx, rollout, {
    kind: 'rolling-back',
    wave: rollout.currentWave,
    reason,
    by,
    detail: { from, discardNewState },
  });
  tx.wakeRollout(id);
  return rollout;
}
