import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { SealingKey } from '../../secrets/sealing-key.ts';
import { acceptKubeconfig } from '../accept-kubeconfig.ts';
import { acceptPrivateKey } from '../accept-private-key.ts';
import { requireAgentAddress } from '../agent-address.ts';
import { Cluster, type ClusterSettings } from '../cluster.entity.ts';
import type { NewCluster } from '../cluster.schema.ts';
import { keepCredential } from './keep-credential.ts';

export type RegisterCluster = NewCluster & { by: Requester };

/**
 * A Kubernetes without a kubeconfig is still being built, and shows so; all others are there already.
 * @throws Problem 'cluster.name-taken', 'cluster.kubeconfig-refused', 'cluster.key-refused', 'request.unfit'
 */
export async function registerCluster(tx: Transaction, key: SealingKey, wanted: RegisterCluster): Promise<Cluster> {
  const { name, runtime, labels, tenantId, by } = wanted;
  const settings: ClusterSettings = wanted.settings;
  const credential = credentialOf(wanted);
  requireAgentAddress(settings);
  const cluster = tx.em.create(Cluster, {
    id: uuidv7(),
    name,
    runtime,
    tenantId,
    labels,
    phase: runtime === 'kubernetes' && !credential ? 'Preparing' : 'Ready',
    preparation: (runtime === 'kubernetes' && wanted.preparation) || null,
    settings,
    generation: 1,
    createdAt: new Date(),
    createdBy: by.userId,
  });
  await flushUnique(tx, 'cluster.name-taken', name);
  if (credential) await keepCredential(tx, key, cluster.id, credential);
  recordChange(tx, {
    noun: 'cluster',
    verb: 'create',
    object: { id: cluster.id, name, tenantId: null },
    by,
    detail: { runtime, settings, labels, belongsTo: tenantId, phase: cluster.phase },
  });
  return cluster;
}

/** What opens the way to the cluster, if anything has to. */
function credentialOf(wanted: NewCluster): string | null {
  switch (wanted.runtime) {
    case 'kubernetes':
      if (wanted.kubeconfig) acceptKubeconfig(wanted.kubeconfig);
      return wanted.kubeconfig ?? null;
    case 'machine': {
      const { privateKey, settings } = wanted;
      if (Boolean(settings.host) !== Boolean(privateKey)) {
        const detail = settings.host ? 'needed for a machine that is reached over SSH' : 'only for a host over SSH';
        throw new Problem('request.unfit', undefined, { faults: [{ pointer: '/privateKey', detail }] });
      }
      if (privateKey) acceptPrivateKey(privateKey);
      return privateKey ?? null;
    }
    default:
      return null;
  }
}
