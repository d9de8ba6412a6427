import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { SealingKey } from '../../secrets/sealing-key.ts';
import { acceptKubeconfig } from '../accept-kubeconfig.ts';
import { acceptPrivateKey } from '../accept-private-key.ts';
import { requireAgentAddress } from '../agent-address.ts';
import { Cluster, ClusterCredential } from '../cluster.entity.ts';
import type { ClusterPatch } from '../cluster.schema.ts';
import { mergeSettings } from '../merge-settings.ts';
import { giveCluster } from './give-cluster.ts';
import { keepCredential } from './keep-credential.ts';

export interface ChangeCluster {
  id: string;
  expectedGeneration: number;
  patch: ClusterPatch;
  by: Requester;
}

/**
 * A kubeconfig makes the cluster Ready: the observer says soon after whether it answers. A preparation takes it back
 * to Preparing.
 * @throws Problem 'cluster.unknown', 'cluster.name-taken', 'cluster.kubeconfig-refused', 'cluster.key-refused',
 *   'cluster.in-use', 'request.stale', 'request.unfit'
 */
export async function changeCluster(tx: Transaction, key: SealingKey, change: ChangeCluster): Promise<Cluster> {
  const { id, patch, by } = change;
  // An instance that is being created there is waited for, and then counts.
  if (patch.tenantId !== undefined) await tx.query('select id from clusters where id = ? for update', [id]);
  const cluster = await lockRow(tx, Cluster, 'clusters', id);
  if (!cluster) throw new Problem('cluster.unknown', id);
  requireGeneration(cluster, change.expectedGeneration);
  refuseOfOtherRuntimes(cluster, patch);

  const before = told(cluster);
  if (patch.name) cluster.name = patch.name;
  if (patch.labels) cluster.labels = patch.labels;
  requireAgentAddress(patch.settings ?? {});
  if (patch.settings) cluster.settings = mergeSettings(cluster, patch.settings);
  if (patch.tenantId !== undefined) await giveCluster(tx, cluster, patch.tenantId);
  await changeWay(tx, key, cluster, patch);
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

/** How it is reached, and whether it can be. */
async function changeWay(tx: Transaction, key: SealingKey, cluster: Cluster, patch: ClusterPatch): Promise<void> {
  const { id } = cluster;
  if (patch.privateKey) {
    acceptPrivateKey(patch.privateKey);
    await keepCredential(tx, key, id, patch.privateKey);
  }
  if (patch.kubeconfig) {
    acceptKubeconfig(patch.kubeconfig);
    await keepCredential(tx, key, id, patch.kubeconfig);
    Object.assign(cluster, { phase: 'Ready', preparation: null, message: null });
  } else if (patch.preparation) {
    Object.assign(cluster, { phase: 'Preparing', preparation: patch.preparation });
  } else if (patch.preparation === null) {
    cluster.preparation = null;
    if ((await tx.em.count(ClusterCredential, { clusterId: id })) > 0) cluster.phase = 'Ready';
  }
}

/** @throws Problem 'request.unfit' */
function refuseOfOtherRuntimes({ runtime, settings }: Cluster, patch: ClusterPatch): void {
  const notKubernetes = runtime === 'kubernetes' ? [] : (['kubeconfig', 'preparation'] as const);
  const notOverSsh = settings.host ? [] : (['privateKey'] as const);
  const faults = [...notKubernetes, ...notOverSsh]
    .filter((name) => patch[name] !== undefined)
    .map((name) => ({ pointer: `/${name}`, detail: `not for this ${runtime} cluster` }));
  if (faults.length > 0) throw new Problem('request.unfit', undefined, { faults });
}

const told = ({ name, phase, settings, labels, tenantId = null }: Cluster) => ({
  name,
  phase,
  settings: { ...settings },
  labels: { ...labels },
  belongsTo: tenantId,
});
