import { RolloutPhase, WavePhase } from '../../../workflows/contracts/phases.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { AnalysisResult } from '../rollout.types.ts';
import { RolloutWave } from '../rollout-wave.entity.ts';
import { Rollout } from '../rollout.entity.ts';
import { recordDecision } from './record-decision.ts';

/** Keeps what was measured of a wave; what follows from it is decided at the next look. Nothing where it is judged already. */
export async function recordVerdict(
  tx: Transaction,
  rolloutId: string,
  number: number,
  analysis: AnalysisResult,
): Promise<void> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', rolloutId);
  const wave = await tx.em.findOneOrFail(RolloutWave, { rolloutId, number }, { refresh: true });
  if (rollout?.phase !== RolloutPhase.Progressing || wave.phase !== WavePhase.Baking) return;
  Object.assign(wave, { analysis, phase: WavePhase.Judged });
  rollout.generation += 1;
  const failed = analysis.rules.filter(({ verdict }) => verdict === analysis.verdict && verdict !== 'passed');
  recordDecision(tx, rollout, {
    kind: 'wave-judged',
    wave: number,
    reason: analysis.verdict,
    detail: { rules: failed.map(({ metric, value, limit, detail }) => ({ metric, value, limit, detail })) },
  });
}
