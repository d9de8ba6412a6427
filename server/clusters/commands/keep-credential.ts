import type { Transaction } from '../../persistence/transaction.ts';
import { seal } from '../../secrets/sealing.ts';
import type { SealingKey } from '../../secrets/sealing-key.ts';
import { ClusterCredential } from '../cluster.entity.ts';

/** Seals a kubeconfig or private key in place of an older one. Platform scope only, like all of this table. */
export async function keepCredential(
  tx: Transaction,
  key: SealingKey,
  clusterId: string,
  credential: string,
): Promise<void> {
  const sealed = seal(key, { kind: 'cluster', clusterId }, credential);
  await tx.em.upsert(ClusterCredential, { clusterId, sealed, updatedAt: new Date() });
}
