import { chmodSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../report.ts';
import { expectSuccess, type ClusterApi } from './cluster-api.ts';
import type { Layout } from './layout.ts';

/** The storage class of the local Kubernetes; the default one there. */
export const storageClass = 'local';

const provisioner = 'open-cluster-claw.local/directory';
const chosenNode = 'volume.kubernetes.io/selected-node';
const claimsPath = '/api/v1/persistentvolumeclaims';
const volumesPath = '/api/v1/persistentvolumes';
const pollIntervalMs = 700;
/** So much of the time is spent looking, where there are thousands of volumes to look at. */
const shareOfTime = 1 / 20;
const longestRestMs = 3_000;

type Claim = {
  metadata: { name: string; namespace: string; uid: string; annotations?: Record<string, string> };
  spec: {
    storageClassName?: string;
    volumeName?: string;
    accessModes: string[];
    volumeMode?: string;
    resources: { requests: { storage: string } };
  };
  status: { phase: string; capacity?: { storage: string } };
};
type Volume = {
  metadata: { name: string };
  spec: {
    storageClassName?: string;
    capacity: { storage: string };
    claimRef?: { uid?: string };
    local?: { path: string };
  };
  status: { phase: string };
};

export async function applyStorageClass(api: ClusterApi): Promise<void> {
  await api.apply(`/apis/storage.k8s.io/v1/storageclasses/${storageClass}`, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: storageClass,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  });
}

/**
 * Gives every claim a directory of its own as a `local` volume (whose owning group the kubelet sets, unlike a
 * hostPath's), lets claims grow, and removes the directories of volumes that are released. Sizes are not enforced.
 * @returns ends the service
 */
export function serveVolumes(layout: Layout, api: ClusterApi, report: Report): () => Promise<void> {
  const ending = new AbortController();
  let lastProblem = '';
  const ended = (async () => {
    while (!ending.signal.aborted) {
      const beganMs = performance.now();
      try {
        await settleVolumes(layout, api);
        lastProblem = '';
      } catch (error) {
        // An API server that is down or restarting is none of our business; said once, and tried again.
        const problem = (error as Error).message;
        if (problem !== lastProblem && !ending.signal.aborted) report(`volumes wait: ${problem}`);
        lastProblem = problem;
      }
      const restMs = Math.min(Math.max(pollIntervalMs, (performance.now() - beganMs) / shareOfTime), longestRestMs);
      await sleep(restMs, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();
  return async () => {
    ending.abort();
    await ended;
  };
}

async function settleVolumes(layout: Layout, api: ClusterApi): Promise<void> {
  const list = async <T>(path: string): Promise<T[]> => {
    // Version 0: whatever the API server has in memory, which costs next to nothing.
    const answer = await api.call('GET', `${path}?resourceVersion=0`);
    return (expectSuccess(answer, `listing ${path}`) as { items: T[] }).items;
  };
  const [claims, volumes] = await Promise.all([list<Claim>(claimsPath), list<Volume>(volumesPath)]);
  const ours = volumes.filter(({ spec }) => spec.storageClassName === storageClass && spec.local);
  const names = new Set(ours.map(({ metadata }) => metadata.name));
  for (const claim of claims) {
    if (claim.spec.storageClassName !== storageClass) continue;
    const node = claim.metadata.annotations?.[chosenNode];
    if (claim.status.phase === 'Pending' && !claim.spec.volumeName && node && !names.has(volumeName(claim))) {
      await createVolume(layout, api, claim, node);
    }
  }
  const claimOf = new Map(claims.map((claim) => [claim.metadata.uid, claim]));
  for (const volume of ours) {
    if (volume.status.phase === 'Released' || volume.status.phase === 'Failed') await removeVolume(layout, api, volume);
    const claim = claimOf.get(volume.spec.claimRef?.uid ?? '');
    if (volume.status.phase === 'Bound' && claim?.status.phase === 'Bound') await growVolume(api, volume, claim);
  }
}

const volumeName = (claim: Claim) => `pvc-${claim.metadata.uid}`;
const volumeFolder = (layout: Layout, name: string) => layout.path('node', 'volumes', name);

async function createVolume(layout: Layout, api: ClusterApi, claim: Claim, node: string): Promise<void> {
  const name = volumeName(claim);
  const folder = volumeFolder(layout, name);
  mkdirSync(folder, { recursive: true });
  // For pods that run as any user and ask for no group. The directory above is closed to others.
  chmodSync(folder, 0o777);
  const { namespace, uid } = claim.metadata;
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
    spec: {
      storageClassName: storageClass,
      capacity: claim.spec.resources.requests,
      accessModes: claim.spec.accessModes,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name: claim.metadata.name,
        namespace,
        uid,
      },
      local: { path: folder },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }],
            },
          ],
        },
      },
    },
  };
  const answer = await api.call('POST', volumesPath, { body });
  // Our view may be older than our last creation.
  if (answer.status !== 409) expectSuccess(answer, `creating volume ${name}`);
}

async function removeVolume(layout: Layout, api: ClusterApi, volume: Volume): Promise<void> {
  const { name } = volume.metadata;
  const folder = volumeFolder(layout, name);
  // Only what this file created: a volume somebody made by hand may be of this class too.
  if (volume.spec.local?.path === folder) await rm(folder, { recursive: true, force: true });
  const answer = await api.call('DELETE', join(volumesPath, name));
  if (answer.status !== 404) expectSuccess(answer, `deleting volume ${name}`);
}

/** A directory grows by saying so: first on the volume, then on the claim. */
async function growVolume(api: ClusterApi, volume: Volume, claim: Claim): Promise<void> {
  const wanted = claim.spec.resources.requests.storage;
  if (wanted === claim.status.capacity?.storage && wanted === volume.spec.capacity.storage) return;
  const contentType = 'application/merge-patch+json';
  const capacity = { storage: wanted };
  const onVolume = { body: { spec: { capacity } }, contentType };
  expectSuccess(await api.call('PATCH', join(volumesPath, volume.metadata.name), onVolume), 'growing a volume');
  const { namespace, name } = claim.metadata;
  const status = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}/status`;
  const onClaim = { body: { status: { capacity, conditions: null } }, contentType };
  expectSuccess(await api.call('PATCH', status, onClaim), 'growing a claim');
}
