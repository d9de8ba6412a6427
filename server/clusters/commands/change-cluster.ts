import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { SealingKey } from '../../secrets/sealing-key.ts';
import { acceptKubeconfig } from '../accept-kubeconfig.ts';
import { requireAgentAddress } from '../agent-address.ts';
import { Cluster, ClusterCredential } from '../cluster.entity.ts';
import type { ClusterPatch } from '../cluster.schema.ts';
import { keepKubeconfig } from './keep-kubeconfig.ts';
import { mergeSettings } from '../merge-settings.ts';

export interface ChangeCluster {
  id: string;
  expectedGeneration: number;
  patch: ClusterPatch;
  by: Requester;
}

/**
 * A kubeconfig makes the cluster Ready: the observer says soon after whether it answers. A preparation takes it back
 * to Preparing.
 * @throws Problem 'cluster.unknown', 'cluster.name-taken', 'cluster.kubeconfig-refused', 'request.stale', 'request.unfit'
 */
export async function changeCluster(tx: Transaction, key: SealingKey, change: ChangeCluster): Promise<Cluster> {
  const { id, patch, by } = change;
  const cluster = await lockRow(tx, Cluster, 'clusters', id);
  if (!cluster) throw new Problem('cluster.unknown', id);
  requireGeneration(cluster, change.expectedGeneration);

  const before = told(cluster);
  if (patch.name) cluster.name = patch.name;
  requireAgentAddress(patch.settings ?? {});
  if (patch.settings) cluster.settings = mergeSettings(cluster.settings, patch.settings);
  if (patch.kubeconfig) {
    acceptKubeconfig(patch.kubeconfig);
    await keepKubeconfig(tx, key, id, patch.kubeconfig);
    Object.assign(cluster, { phase: 'Ready', preparation: null, message: null });
  } else if (patch.preparation) {
    Object.assign(cluster, { phase: 'Preparing', preparation: patch.preparation });
  } else if (patch.preparation === null) {
    cluster.preparation = null;
    if ((await tx.em.count(ClusterCredential, { clusterId: id })) > 0) cluster.phase = 'Ready';
  }
  cluster.generation += 1;
  await flushUnique(tx, 'cluster.name-taken', cluster.name);
  recordChange(tx, {
    noun: 'cluster',
    verb: 'update',
    object: { id, name: cluster.name, tenantId: null },
    by,
    detail: { changed: Object.keys(patch) },
    before,
    after: told(cluster),
  });
  return cluster;
}

const told = ({ name, phase, settings }: Cluster) => ({ name, phase, settings: { ...settings } });
