import type { Transaction } from '../../persistence/transaction.ts';

export interface Conflict {
  rolloutId: string;
  name: string;
  targets: number;
}

/** Open rollouts that have some of these instances, and how many of them; the one with the most first. */
export const findConflicts = (tx: Transaction, tenantId: string, instanceIds: readonly string[]): Promise<Conflict[]> =>
  tx.query<Conflict>(
    `select r.id as "rolloutId", r.name, count(*)::int as targets
     from rollouts r join rollout_targets t on t.tenant_id = r.tenant_id and t.rollout_id = r.id
     where r.tenant_id = ? and r.phase in ('Pending', 'Progressing', 'Paused', 'RollingBack')
       and t.phase <> 'Skipped' and t.instance_id = any (?::uuid[])
     group by r.id, r.name order by targets desc, r.id`,
    [tenantId, `{${instanceIds.join(',')}}`],
  );
