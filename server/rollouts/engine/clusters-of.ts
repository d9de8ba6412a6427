import type { Transaction } from '../../persistence/transaction.ts';

export interface ClusterOfTargets {
  id: string;
  name: string;
  /** It answers, as far as is known. */
  isReady: boolean;
}

/** The clusters on which a rollout has targets. */
export const clustersOf = (tx: Transaction, rolloutId: string): Promise<ClusterOfTargets[]> =>
  tx.query(
    `select c.id, c.name, c.phase = 'Ready' as "isReady" from clusters c
     where c.id in (select i.cluster_id from rollout_targets t
       join instances i on i.tenant_id = t.tenant_id and i.id = t.instance_id where t.rollout_id = ?)
     order by c.name`,
    [rolloutId],
  );
