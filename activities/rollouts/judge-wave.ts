import { evaluateAnalysis } from '../../server/rollouts/analysis/evaluate-analysis.ts';
import { measurePrometheus } from '../../server/rollouts/analysis/measure-prometheus.ts';
import { readMeasures } from '../../server/rollouts/analysis/read-measures.ts';
import { samplesReachTo } from '../../server/rollouts/analysis/samples-reach-to.ts';
import { recordVerdict } from '../../server/rollouts/engine/record-verdict.ts';
import { RolloutWave } from '../../server/rollouts/rollout-wave.entity.ts';
import type { Rollout } from '../../server/rollouts/rollout.entity.ts';
import type { Look } from './look.ts';

/**
 * Measures a wave whose bake is over, against the targets that are not updated yet.
 * @returns false while the usage of that time has not come in
 */
export async function judgeWave(look: Look, rollout: Rollout, number: number): Promise<boolean> {
  const plan = rollout.strategy.waves[number - 1]?.analysis;
  if (!plan) throw new Error(`wave ${number} of the rollout ${rollout.id} has nothing to be judged by`);
  const measures = await look.transaction(async (tx) => {
    const { startedAt, bakeUntil } = await tx.em.findOneOrFail(RolloutWave, { rolloutId: rollout.id, number });
    if (!(await samplesReachTo(tx, rollout, number, bakeUntil ?? new Date()))) return null;
    return readMeasures(tx, rollout, number, startedAt ?? rollout.createdAt);
  });
  if (!measures) return false;
  const { prometheusUrl: url, signal } = look;
  const analysis = evaluateAnalysis(plan, await measurePrometheus(measures, plan, { url, signal }));
  await look.transaction((tx) => recordVerdict(tx, rollout.id, number, analysis));
  return true;
}
