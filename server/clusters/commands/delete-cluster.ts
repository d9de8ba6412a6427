import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import { forgetInstances } from '../../instances/commands/forget-instances.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { describeRemains, remainsOf } from '../../tenants/remains-of.ts';
import { Cluster } from '../cluster.entity.ts';

/**
 * The platform forgets a cluster on which nothing of it is left, and the credentials for it; empty namespaces stay
 * there. The full row lock keeps an instance from being created on it meanwhile.
 * @throws Problem 'cluster.unknown', 'cluster.in-use', 'request.stale'
 */
export async function deleteCluster(
  tx: Transaction,
  { id, expectedGeneration, by }: { id: string; expectedGeneration: number; by: Requester },
): Promise<void> {
  await tx.query('select id from clusters where id = ? for update', [id]);
  const cluster = await tx.em.findOne(Cluster, { id }, { refresh: true });
  if (!cluster) throw new Problem('cluster.unknown', id);
  requireGeneration(cluster, expectedGeneration);
  const remains = await remainsOf(tx, { clusterId: id });
  if (remains.instances + remains.keptVolumes > 0) {
    throw new Problem('cluster.in-use', describeRemains(remains), { extra: { ...remains } });
  }
  const { name } = cluster;
  await forgetInstances(tx, { clusterId: id });
  await tx.em.nativeDelete(Cluster, { id });
  recordChange(tx, { noun: 'cluster', verb: 'delete', object: { id, name, tenantId: null }, by });
}
