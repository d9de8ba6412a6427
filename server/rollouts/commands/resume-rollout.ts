import { PauseReason, RolloutPhase } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { divergedCondition } from '../engine/read-state.ts';
import { resumed } from '../planner/transitions.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import { holdRollout, type ControlOrder } from './hold-rollout.ts';

export interface ResumeRollout extends ControlOrder {
  /** Of a rollout back that is paused for newer work: give that up. Left out: leave the instances that have it alone. */
  discardNewState?: boolean;
}

/**
 * Goes on where it was paused, forward or back. Whoever resumes after the deadline lifts it; whoever resumes a rollout
 * whose requester has lost his rights takes it over, and must have them himself (see `takesOver`).
 * @throws Problem 'rollout.unknown', 'rollout.ended', 'rollout.state-conflict'
 */
export async function resumeRollout(tx: Transaction, order: ResumeRollout): Promise<Rollout> {
  const { id, reason, by, discardNewState = false } = order;
  const { rollout } = await holdRollout(tx, id, 'resume');
  const { pauseReason } = rollout;
  if (pauseReason === PauseReason.Deadline) rollout.deadlineAt = null;
  const isDiverged = pauseReason === PauseReason.StateDiverged;
  if (isDiverged && discardNewState) rollout.discardNewState = true;
  else if (isDiverged) await leaveDiverged(tx, id);
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
    detail: { from: pauseReason, ...(isDiverged && { discardNewState }) },
  });
  tx.wakeRollout(id);
  return rollout;
}

/** Their error, which says why, stays. */
const leaveDiverged = (tx: Transaction, rolloutId: string): Promise<unknown> =>
  tx.query(
    `update rollout_targets t set phase = 'Skipped', ended_at = now() from rollouts r
     where t.rollout_id = ? and r.tenant_id = t.tenant_id and r.id = t.rollout_id and ${divergedCondition}`,
    [rolloutId],
  );

/** Whether a resume makes the caller the one in whose name it goes on. */
export const takesOver = ({ phase, pauseReason }: Pick<Rollout, 'phase' | 'pauseReason'>): boolean =>
  phase === RolloutPhase.Paused && pauseReason === PauseReason.RightsLost;
