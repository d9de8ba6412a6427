import type { Transaction } from '../../persistence/transaction.ts';

/** SQL, of a rollout of kind `rollback`. */
const isRefused = `(t.phase = 'Updating' and r.kind = 'rollback' and o.phase = 'Failed'
  and coalesce(o.error ->> 'code', '') = 'backup.state-diverged')`;

/**
 * Reads the ends of operations into their targets, all in one statement. A target whose instance was removed meanwhile
 * is left alone, whatever became of its operation: that was somebody's wish and no failure of the rollout.
 * One that was asked to go back, and would lose newer work by it, waits for a person: it was not touched.
 * @returns how many have ended
 */
export async function reapTargets(tx: Transaction, rolloutId: string): Promise<number> {
  const [row] = await tx.query<{ ended: number }>(
    `with ended as (
       update rollout_targets t set
         phase = case
           when o.phase = 'Superseded' and (i.deleted_at is not null or i.phase = 'Deleting') then 'Skipped'
           when ${isRefused} then 'Waiting'
           when t.phase = 'Updating' then case o.phase when 'Succeeded' then 'Updated' else 'Failed' end
           else case o.phase when 'Succeeded' then 'RolledBack' else 'RollbackFailed' end end,
         error = case
           when o.phase = 'Succeeded' then null
           when o.phase = 'Superseded' and (i.deleted_at is not null or i.phase = 'Deleting')
             then jsonb_build_object('code', 'instance.deleted', 'detail', 'It was deleted while the rollout changed it.')
           else coalesce(o.error, jsonb_build_object('code', 'operation.superseded',
             'detail', 'A newer operation took the instance over.')) end,
         ended_at = case when not ${isRefused} then coalesce(o.ended_at, now()) end
       from operations o, instances i, rollouts r
       where t.rollout_id = ? and r.tenant_id = t.tenant_id and r.id = t.rollout_id and t.phase in ('Updating', 'RollingBack')
         and o.tenant_id = t.tenant_id
         and o.id = case t.phase when 'Updating' then t.operation_id else t.rollback_operation_id end
         and o.phase not in ('Accepted', 'Running', 'Compensating')
         and i.tenant_id = t.tenant_id and i.id = t.instance_id
       returning t.instance_id
     )
     select count(*)::int as ended from ended`,
    [rolloutId],
  );
  return row?.ended ?? 0;
}
