import { v7 as uuidv7 } from 'uuid';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { SealingKey } from '../../secrets/sealing-key.ts';
import { acceptKubeconfig } from '../accept-kubeconfig.ts';
import { requireAgentAddress } from '../agent-address.ts';
import { Cluster, type ClusterPreparation, type ClusterSettings } from '../cluster.entity.ts';
import { keepKubeconfig } from './keep-kubeconfig.ts';

export interface RegisterCluster {
  name: string;
  runtime: 'kubernetes';
  kubeconfig?: string;
  preparation?: ClusterPreparation;
  settings: ClusterSettings;
  by: Requester;
}

/**
 * Without a kubeconfig the cluster is still being built, and shows so.
 * @throws Problem 'cluster.name-taken', 'cluster.kubeconfig-refused', 'request.unfit'
 */
export async function registerCluster(tx: Transaction, key: SealingKey, wanted: RegisterCluster): Promise<Cluster> {
  const { name, runtime, kubeconfig, preparation, settings, by } = wanted;
  requireAgentAddress(settings);
  if (kubeconfig) acceptKubeconfig(kubeconfig);
  const cluster = tx.em.create(Cluster, {
    id: uuidv7(),
    name,
    runtime,
    phase: kubeconfig ? 'Ready' : 'Preparing',
    preparation: preparation ?? null,
    settings,
    generation: 1,
    createdAt: new Date(),
    createdBy: by.userId,
  });
  await flushUnique(tx, 'cluster.name-taken', name);
  if (kubeconfig) await keepKubeconfig(tx, key, cluster.id, kubeconfig);
  recordChange(tx, {
    noun: 'cluster',
    verb: 'create',
    object: { id: cluster.id, name, tenantId: null },
    by,
    detail: { runtime, settings, phase: cluster.phase },
  });
  return cluster;
}
