import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Cluster } from '../cluster.entity.ts';

/**
 * Whether a cluster takes new instances. Those that are there go on and can be changed; the same again changes nothing.
 * @throws Problem 'cluster.unknown'
 */
export async function cordonCluster(
  tx: Transaction,
  { id, cordoned, by }: { id: string; cordoned: boolean; by: Requester },
): Promise<void> {
  const cluster = await lockRow(tx, Cluster, 'clusters', id);
  if (!cluster) throw new Problem('cluster.unknown', id);
  const was = Boolean(cluster.cordonedAt);
  if (was !== cordoned) {
    cluster.cordonedAt = cordoned ? new Date() : null;
    cluster.generation += 1;
  }
  recordChange(tx, {
    noun: 'cluster',
    verb: 'update',
    object: { id, name: cluster.name, tenantId: null },
    by,
    before: { cordoned: was },
    after: { cordoned },
  });
}
