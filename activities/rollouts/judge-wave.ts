import { asksPrometheus } from '../../server/rollouts/analysis/asks-prometheus.ts';
import { evaluateAnalysis } from '../../server/rollouts/analysis/evaluate-analysis.ts';
import { measurePrometheus } from '../../server/rollouts/analysis/measure-prometheus.ts';
import { readMeasures } from '../../server/rollouts/analysis/read-measures.ts';
import { samplesReachTo } from '../../server/rollouts/analysis/samples-reach-to.ts';
import { pauseForLostRights } from '../../server/rollouts/engine/pause-for-lost-rights.ts';
import { lostQuery } from '../../server/rollouts/engine/rights-now.ts';
import { recordVerdict } from '../../server/rollouts/engine/record-verdict.ts';
import { RolloutWave } from '../../server/rollouts/rollout-wave.entity.ts';
import type { Rollout } from '../../server/rollouts/rollout.entity.ts';
import type { Look } from './look.ts';

/**
 * Measures a wave whose bake is over, against the targets that are not updated yet. Prometheus is asked only while
 * whoever asked for the rollout may ask it; else it pauses.
 * @returns false while the usage of that time has not come in
 */
export async function judgeWave(look: Look, rollout: Rollout, number: number): Promise<boolean> {
  const plan = rollout.strategy.waves[number - 1]?.analysis;
  if (!plan) throw new Error(`wave ${number} of the rollout ${rollout.id} has nothing to be judged by`);
  const asks = asksPrometheus({ waves: rollout.strategy.waves.slice(number - 1, number) });
  const lost = asks ? await look.transaction((tx) => lostQuery(tx, look.rights, rollout)) : null;
  if (lost !== null) {
    await look.transaction((tx) => pauseForLostRights(tx, rollout.id, lost));
    return true;
  }
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
