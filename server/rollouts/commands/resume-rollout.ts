import { PauseReason, RolloutPhase } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { resumed } from '../planner/transitions.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import { holdRollout, type ControlOrder } from './hold-rollout.ts';

/**
 * Goes on where it was paused, forward or back. Whoever resumes after the deadline lifts it; whoever resumes a rollout
 * whose requester has lost his rights takes it over, and must have them himself (see `takesOver`).
 * @throws Problem 'rollout.unknown', 'rollout.ended', 'rollout.state-conflict'
 */
export async function resumeRollout(tx: Transaction, { id, reason, by }: ControlOrder): Promise<Rollout> {
  const { rollout } = await holdRollout(tx, id, 'resume');
  const { pauseReason } = rollout;
  if (pauseReason === PauseReason.Deadline) rollout.deadlineAt = null;
  if (takesOver(rollout)) {
    rollout.requestedBy = by.userId;
    rollout.requestedByName = by.name;
  }
  const { rollbackStartedAt, startedAt } = rollout;
  const course = resumed({ isGoingBack: Boolean(rollbackStartedAt), isChecked: Boolean(startedAt) });
  Object.assign(rollout, course, { pauseDetail: null });
  rollout.generation += 1;
  await recordControl(tx, rollout, {
    kind: 'resumed',
    wave: rollout.currentWave,
    reason,
    by,
    detail: { from: pauseReason },
  });
  tx.wakeRollout(id);
  return rollout;
}

/** Whether a resume makes the caller the one in whose name it goes on. */
export const takesOver = ({ phase, pauseReason }: Pick<Rollout, 'phase' | 'pauseReason'>): boolean =>
  phase === RolloutPhase.Paused && pauseReason === PauseReason.RightsLost;
