import { Problem } from '../../../workflows/contracts/problem.ts';
import { forgetInstances } from '../../instances/commands/forget-instances.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { describeRemains, remainsOf } from '../../tenants/remains-of.ts';
import type { Cluster } from '../cluster.entity.ts';
import { belongsToOneTenant } from '../runtime-kinds.ts';

/**
 * Gives a cluster to one tenant, or (null) to all. For every other tenant it is as if it were removed: nothing of theirs
 * may be left on it, and the records of what was are forgotten. The caller holds the full lock on its row.
 * @throws Problem 'cluster.in-use' where somebody has anything there who may not from now on
 */
export async function giveCluster(tx: Transaction, cluster: Cluster, tenantId: string | null): Promise<void> {
  if ((cluster.tenantId ?? null) === tenantId) return;
  const others = { clusterId: cluster.id, ...(tenantId && { exceptTenantId: tenantId }) };
  // Who has something on a machine that is nobody's would share it with whoever comes first.
  if (tenantId !== null || belongsToOneTenant(cluster.runtime)) {
    const remains = await remainsOf(tx, others);
    if (remains.instances + remains.keptVolumes > 0) {
      throw new Problem('cluster.in-use', describeRemains(remains), { extra: { ...remains } });
    }
    await forgetInstances(tx, others);
  }
  cluster.tenantId = tenantId;
}
