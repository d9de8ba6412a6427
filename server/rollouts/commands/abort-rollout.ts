import type { Transaction } from '../../persistence/transaction.ts';
import { aborted } from '../planner/transitions.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import { holdRollout, type ControlOrder } from './hold-rollout.ts';

/**
 * Nothing begins any more, for good; it ends `Aborted` as soon as what is under way has ended. What was updated stays.
 * @throws Problem 'rollout.unknown', 'rollout.ended', 'rollout.state-conflict'
 */
export async function abortRollout(tx: Transaction, { id, reason, by }: ControlOrder): Promise<Rollout> {
  const { rollout } = await holdRollout(tx, id, 'abort');
  Object.assign(rollout, aborted, { pauseDetail: reason ?? null });
  rollout.generation += 1;
  await recordControl(tx, rollout, { kind: 'aborted', wave: rollout.currentWave, reason, by });
  tx.wakeRollout(id);
  return rollout;
}
