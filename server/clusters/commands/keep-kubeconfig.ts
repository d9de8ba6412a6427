import type { Transaction } from '../../persistence/transaction.ts';
import { seal } from '../../secrets/sealing.ts';
import type { SealingKey } from '../../secrets/sealing-key.ts';
import { ClusterCredential } from '../cluster.entity.ts';

/** Seals the kubeconfig in place of an older one. Platform scope only, like all of this table. */
export async function keepKubeconfig(
  tx: Transaction,
  key: SealingKey,
  clusterId: string,
  kubeconfig: string,
): Promise<void> {
  const sealed = seal(key, { kind: 'cluster', clusterId }, kubeconfig);
  await tx.em.upsert(ClusterCredential, { clusterId, sealed, updatedAt: new Date() });
}
