import { PauseReason } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { paused } from '../planner/transitions.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import { holdRollout, type ControlOrder } from './hold-rollout.ts';

/**
 * Nothing begins any more, in the direction in which it went; what is under way comes to its end.
 * @throws Problem 'rollout.unknown', 'rollout.ended', 'rollout.state-conflict'
 */
export async function pauseRollout(tx: Transaction, { id, reason, by }: ControlOrder): Promise<Rollout> {
  const { rollout } = await holdRollout(tx, id, 'pause');
  Object.assign(rollout, paused(PauseReason.Requested), { pauseDetail: reason ?? null });
  rollout.generation += 1;
  await recordControl(tx, rollout, { kind: 'paused', wave: rollout.currentWave, reason, by });
  tx.wakeRollout(id);
  return rollout;
}
