import { Problem } from '../../../workflows/contracts/problem.ts';
import { PauseReason, RolloutPhase, WavePhase } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { needsForce } from '../planner/controls.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import { holdRollout, type ControlOrder, type HeldRollout } from './hold-rollout.ts';

export interface PromoteRollout extends ControlOrder {
  force: boolean;
}

/**
 * A person's word that a wave is good enough. While it bakes: it is judged now, with force passed unjudged. Paused after
 * a passed or inconclusive wave: the next one begins. Past a failed analysis or an exceeded budget only with force,
 * which is kept in the rollout, its timeline and the audit log.
 * @throws Problem 'rollout.unknown', 'rollout.ended', 'rollout.state-conflict', 'rollout.analysis-failed'
 */
export async function promoteRollout(tx: Transaction, order: PromoteRollout): Promise<Rollout> {
  const { id, force, reason, by } = order;
  const held = await holdRollout(tx, id, 'promote');
  const { rollout, wave } = held;
  if (needsForced(rollout) && !force) throw new Problem('rollout.analysis-failed', rollout.pauseDetail ?? undefined);
  const from = rollout.pauseReason ?? null;
  const isForced = force && (needsForced(rollout) || wave?.phase === WavePhase.Baking);
  if (isForced && !rollout.forcedWaves.includes(rollout.currentWave)) {
    rollout.forcedWaves = [...rollout.forcedWaves, rollout.currentWave];
  }
  if (from === PauseReason.FailureBudget) proceed(rollout);
  else if (wave?.phase === WavePhase.Baking && !force) wave.bakeUntil = new Date();
  else passTo(held);
  rollout.generation += 1;
  await recordControl(tx, rollout, {
    kind: isForced ? 'forced' : 'promoted',
    wave: wave?.number,
    reason,
    by,
    detail: { from, verdict: wave?.analysis?.verdict ?? null },
  });
  tx.wakeRollout(id);
  return rollout;
}

const needsForced = ({ phase, pauseReason }: Rollout): boolean =>
  needsForce({ phase, pauseReason: pauseReason ?? null });

function proceed(rollout: Rollout): void {
  rollout.phase = RolloutPhase.Progressing;
  rollout.pauseReason = null;
  rollout.pauseDetail = null;
}

/**
 * The wave passes by the person's word, and with it whatever asked for a pause after it: the next one is named, so that
 * the engine begins it. After the last one the engine ends the rollout.
 */
function passTo({ rollout, wave }: HeldRollout): void {
  if (wave && wave.phase !== WavePhase.Passed) {
    wave.phase = WavePhase.Passed;
    wave.endedAt = new Date();
  }
  proceed(rollout);
  rollout.currentWave = Math.min(rollout.currentWave + 1, rollout.strategy.waves.length);
}
