import type { Transaction } from '../../persistence/transaction.ts';
import type { Rollout } from '../rollout.entity.ts';

/**
 * Whether usage of all targets that were updated up to this wave, and of those not begun, has come in until `moment`
 * (the end of the bake). Agents are asked about once a minute, so whoever judges a wave waits for this, but not for
 * ever: an agent that does not answer, or has nothing to count with, is not waited for once `patienceSeconds` are over.
 */
export async function samplesReachTo(
  tx: Transaction,
  rollout: Rollout,
  wave: number,
  moment: Date,
  patienceSeconds = 180,
): Promise<boolean> {
  const [row] = await tx.query<{ late: boolean; waited: boolean }>(
    `select now() > ?::timestamptz + make_interval(secs => ?) as waited, exists (
       select 1 from rollout_targets t
       join observed_states o on o.tenant_id = t.tenant_id and o.instance_id = t.instance_id and o.ready
       join usage_counters c on c.tenant_id = t.tenant_id and c.instance_id = t.instance_id
       where t.rollout_id = ? and ((t.phase = 'Updated' and t.wave <= ?) or t.phase in ('Pending', 'Waiting'))
         and c.at < ?::timestamptz
     ) as late`,
    [moment, patienceSeconds, rollout.id, wave, moment],
  );
  return !row?.late || row.waited;
}
