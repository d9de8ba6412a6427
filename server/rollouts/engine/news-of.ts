import type { Transaction } from '../../persistence/transaction.ts';

/**
 * Whether there is anything for a rollout to do: an operation of it has ended, or its row is not the one that was read
 * before (`version`, as PostgreSQL counts it). One cheap statement, asked several times a second.
 */
export async function newsOf(tx: Transaction, rolloutId: string, version: string): Promise<boolean> {
  const [row] = await tx.query<{ news: boolean }>(
    `select r.xmin::text <> ? or exists (
       select 1 from rollout_targets t
       join operations o on o.tenant_id = t.tenant_id
         and o.id = case t.phase when 'Updating' then t.operation_id else t.rollback_operation_id end
       where t.rollout_id = r.id and t.phase in ('Updating', 'RollingBack')
         and o.phase not in ('Accepted', 'Running', 'Compensating')) as news
     from rollouts r where r.id = ?`,
    [version, rolloutId],
  );
  return row?.news ?? true;
}

/** Of the row as this transaction sees it, its own changes included. */
export async function versionOf(tx: Transaction, rolloutId: string): Promise<string> {
  await tx.em.flush();
  const [row] = await tx.query<{ version: string }>('select xmin::text as version from rollouts where id = ?', [
    rolloutId,
  ]);
  return row?.version ?? '';
}
