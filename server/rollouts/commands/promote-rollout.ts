import { Problem } from '../../../workflows/contracts/problem.ts';
import { WavePhase } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { promoted } from '../planner/transitions.ts';
import { recordControl } from '../record-control.ts';
import type { Rollout } from '../rollout.entity.ts';
import { holdRollout, type ControlOrder } from './hold-rollout.ts';

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
  const { rollout, wave } = await holdRollout(tx, id, 'promote');
  const from = rollout.pauseReason ?? null;
  const promotion = promoted(
    {
      phase: rollout.phase,
      pauseReason: from,
      currentWave: rollout.currentWave,
      waveCount: rollout.strategy.waves.length,
      wavePhase: wave?.phase ?? null,
    },
    { force },
  );
  if (!promotion) throw new Problem('rollout.analysis-failed', rollout.pauseDetail ?? undefined);
  const { course, currentWave, isForced } = promotion;
  if (isForced && !rollout.forcedWaves.includes(rollout.currentWave)) {
    rollout.forcedWaves = [...rollout.forcedWaves, rollout.currentWave];
  }
  if (wave && promotion.wave === 'is-judged') wave.bakeUntil = new Date();
  if (wave && promotion.wave === 'passes' && wave.phase !== WavePhase.Passed) {
    Object.assign(wave, { phase: WavePhase.Passed, endedAt: new Date() });
  }
  Object.assign(rollout, course, { pauseDetail: null, currentWave });
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
