import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../activities/runtimes/kubernetes/cluster.ts';
import { labels, placeOf, platformName } from '../../activities/runtimes/kubernetes/names.ts';
import type { Kind, Manifest, Stored } from '../../activities/runtimes/kubernetes/objects.ts';

const dependents = ['PersistentVolumeClaim', 'ConfigMap', 'Secret', 'Service', 'NetworkPolicy'] as const;
const assigned = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'volumeName'] as const;

/** The objects of an instance as the product made them, without what the cluster or a moment has added to them. */
export interface Manifests {
  instanceId: string;
  namespace: string;
  anchor: Manifest;
  others: [Kind, Manifest][];
}

export async function readManifests(cluster: Cluster, tenantId: string, instanceId: string): Promise<Manifests> {
  const { namespace, name } = placeOf({ tenantId, instanceId });
  const read = async (kind: Kind): Promise<Manifest> => {
    const stored = await cluster.get(kind, namespace, name, AbortSignal.timeout(10_000));
    if (!stored) throw new Error(`The product made no ${kind} ${name}`);
    return bare(kind, stored);
  };
  return {
    instanceId,
    namespace,
    anchor: await read('StatefulSet'),
    others: await Promise.all(dependents.map(async (kind) => [kind, await read(kind)] as [Kind, Manifest])),
  };
}

function bare(kind: Kind, stored: Stored): Manifest {
  const { metadata, ...rest } = structuredClone(stored) as Stored & {
    spec?: Record<string, unknown>;
    status?: unknown;
  };
  delete rest.status;
  for (const field of assigned) {
    if (rest.spec && rest.spec[field] !== 'None') delete rest.spec[field];
  }
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !/(^|\.)kubernetes\.io\//.test(key));
  return {
    apiVersion: apiVersions[kind] ?? 'v1',
    kind,
    ...rest,
    metadata: { name: metadata.name, labels: metadata.labels, annotations: Object.fromEntries(annotations) },
  };
}

const apiVersions: Partial<Record<Kind, string>> = { StatefulSet: 'apps/v1', NetworkPolicy: 'networking.k8s.io/v1' };

/** The same under another id, and not the platform's, so that its observer leaves it alone. */
export function renamed(manifests: Manifests): Manifests {
  const instanceId = randomUUID();
  const { instanceId: from, ...parts } = manifests;
  const text = JSON.stringify(parts)
    .replaceAll(from, instanceId)
    .replaceAll(`"${labels.managedBy}":"${platformName}"`, `"${labels.managedBy}":"bench"`);
  return { instanceId, ...(JSON.parse(text) as typeof parts) };
}

/** As fast as it goes: all that the pod needs at once, then what makes it. */
export async function applyDirectly(cluster: Cluster, { namespace, anchor, others }: Manifests): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  await Promise.all(others.map(([kind, body]) => cluster.create(kind, namespace, body, signal)));
  await cluster.create('StatefulSet', namespace, anchor, signal);
}

/** Returns when nothing of it is left, its volume included. */
export async function removeDirectly(cluster: Cluster, { namespace, anchor, others }: Manifests): Promise<void> {
  const { name } = anchor.metadata;
  const signal = AbortSignal.timeout(120_000);
  for (const kind of ['StatefulSet', ...others.map(([other]) => other)] as Kind[]) {
    const stored = await cluster.get(kind, namespace, name, signal);
    if (stored) {
      const { uid } = stored.metadata;
      await cluster.remove(kind, namespace, name, { uid, propagationPolicy: 'Background' }, signal);
    }
  }
  const gone = async (kind: Kind, of: string): Promise<boolean> => !(await cluster.get(kind, namespace, of, signal));
  while (!((await gone('Pod', `${name}-0`)) && (await gone('PersistentVolumeClaim', name)))) await delay(200);
}
