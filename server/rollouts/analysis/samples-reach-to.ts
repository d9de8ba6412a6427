import type { Transaction } from '../../persistence/transaction.ts';
import type { Rollout } from '../rollout.entity.ts';
import type { AnalysisMetric } from '../rollout.types.ts';

const ofUsage: readonly (AnalysisMetric | 'prometheus')[] = ['error-rate', 'cost-per-call', 'tokens-per-call'];

/**
 * Whether usage of all targets that were updated up to this wave, and of those not begun, has come in until `moment`
 * (the end of the bake), with one whole interval of the updated ones after their update. True at once where the wave
 * is not judged by usage. Agents are asked about once a minute, so whoever judges a wave waits for this, but not for
 * ever: an agent that does not answer is not waited for once `patienceSeconds` are over.
 */
export async function samplesReachTo(
  tx: Transaction,
  rollout: Rollout,
  wave: number,
  moment: Date,
  patienceSeconds = 180,
): Promise<boolean> {
  const rules = rollout.strategy.waves[wave - 1]?.analysis?.rules ?? [];
  if (!rules.some(({ metric }) => ofUsage.includes(metric))) return true;
  const [row] = await tx.query<{ late: boolean; waited: boolean }>(
    `select now() > ?::timestamptz + make_interval(secs => ?) as waited, exists (
       select 1 from rollout_targets t
       join observed_states o on o.tenant_id = t.tenant_id and o.instance_id = t.instance_id and o.ready
       join usage_counters c on c.tenant_id = t.tenant_id and c.instance_id = t.instance_id
       where t.rollout_id = ? and ((t.phase = 'Updated' and t.wave <= ?) or t.phase in ('Pending', 'Waiting'))
         and (c.at < ?::timestamptz or (t.phase = 'Updated' and c.since < t.started_at))
     ) as late`,
    [moment, patienceSeconds, rollout.id, wave, moment],
  );
  return !row?.late || row.waited;
}
