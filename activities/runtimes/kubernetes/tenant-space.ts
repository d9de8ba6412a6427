import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { TenantSpace } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { together } from './fenced.ts';
import { annotations, contentHash, labels, namespaceOf, platformName } from './names.ts';
import { spacePolicies } from './network.ts';
import { covers, type Kind, type Kinds, type Manifest, type Stored } from './objects.ts';
import { byteQuantity, cpuQuantity } from './quantity.ts';

const gibibyte = 1024 ** 3;

/** What validation runs may use beside the instances; they have a deadline, by which the quota tells them apart. */
const oneShotBounds = { cpu: cpuQuantity(2000), memory: byteQuantity(8 * gibibyte), pods: '16' };

type SpaceKind = 'ResourceQuota' | 'LimitRange' | 'NetworkPolicy';
const spaceKinds: readonly SpaceKind[] = ['ResourceQuota', 'LimitRange', 'NetworkPolicy'];

/**
 * Four reads when all is as it should be; otherwise an apply for each object that differs. Nothing here is fenced:
 * it depends on the tenant alone, and the bounds of one tenant are changed by one operation at a time.
 */
export async function ensureTenantSpace(
  cluster: Cluster,
  space: TenantSpace,
  clusterRanges: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const namespace = namespaceOf(space.tenantId);
  const managed = { labelSelector: `${labels.managedBy}=${platformName},!${labels.instance}` };
  const [stored, ...lists] = await Promise.all([
    cluster.get('Namespace', undefined, namespace, signal),
    ...spaceKinds.map((kind) => cluster.list(kind, namespace, managed, signal)),
  ]);
  refuseForeign(stored, namespace);
  const wantedNamespace = withHash(namespaceManifest(space, namespace));
  if (!matches(stored, wantedNamespace)) await cluster.apply('Namespace', undefined, wantedNamespace, signal);

  const wanted = spaceManifests(space, namespace, clusterRanges).map(withHash);
  const differing = wanted.filter((manifest) => {
    const present = lists[spaceKinds.findIndex((kind) => kind === manifest.kind)]?.items ?? [];
    return !matches(
      present.find((object) => object.metadata.name === manifest.metadata.name),
      manifest,
    );
  });
  await together(differing.map((manifest) => cluster.apply(manifest.kind as SpaceKind, namespace, manifest, signal)));
  if (differing.some((manifest) => manifest.kind === 'ResourceQuota')) await quotaInForce(cluster, namespace, signal);
}

/** Ends when nothing is left of it, volumes included; bounded by `signal` alone. */
export async function removeTenantSpace(cluster: Cluster, tenantId: string, signal: AbortSignal): Promise<void> {
  const namespace = namespaceOf(tenantId);
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 1.5, 2000)) {
    const stored = await cluster.get('Namespace', undefined, namespace, signal);
    if (!stored) return;
    if (!stored.metadata.deletionTimestamp) {
      refuseForeign(stored, namespace);
      await cluster.remove('Namespace', undefined, namespace, { uid: stored.metadata.uid }, signal);
    }
    await sleep(waitMs, undefined, { signal });
  }
}

function refuseForeign(stored: Stored<Kinds['Namespace']> | undefined, namespace: string): void {
  if (!stored) return;
  if (stored.metadata.labels?.[labels.managedBy] !== platformName) {
    throw new Problem('cluster.refused', `Namespace ${namespace} exists and is not the platform’s.`);
  }
  if (stored.metadata.deletionTimestamp) {
    throw new Problem('cluster.unavailable', `Namespace ${namespace} is still being removed.`);
  }
}

/** Until the controller has counted, the cluster refuses every pod and claim ("status unknown for quota"). */
async function quotaInForce(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  for (let waitMs = 20; waitMs < 5000; waitMs *= 1.5) {
    const { items } = await cluster.list('ResourceQuota', namespace, {}, signal);
    if (items.every((quota) => quota.status?.hard !== undefined && covers(quota.status.hard, quota.spec?.hard))) return;
    await sleep(waitMs, undefined, { signal });
  }
  throw new Problem('cluster.unavailable', 'The cluster does not count the quota. Is its controller manager running?');
}

function namespaceManifest(space: TenantSpace, name: string): Manifest<Kinds['Namespace']> {
  const podSecurity = ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { ...spaceLabels(space), ...Object.fromEntries(podSecurity) },
      annotations: { [annotations.displayName]: space.name },
    },
  };
}

const spaceLabels = (space: TenantSpace): Record<string, string> => ({
  [labels.managedBy]: platformName,
  [labels.tenant]: space.tenantId,
});

function spaceManifests(space: TenantSpace, namespace: string, clusterRanges: readonly string[]): Manifest[] {
  const { quota } = space;
  const metadata = (name: string) => ({ name, namespace, labels: spaceLabels(space) });
  const quotaManifest = (
    name: string,
    spec: NonNullable<Kinds['ResourceQuota']['spec']>,
  ): Manifest<Kinds['ResourceQuota']> => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadata(name),
    spec,
  });
  const limits: Manifest<Kinds['LimitRange']> = {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: metadata('defaults'),
    spec: {
      limits: [
        {
          type: 'Container',
          default: { memory: byteQuantity(gibibyte) },
          defaultRequest: { cpu: cpuQuantity(100), memory: byteQuantity(gibibyte / 4) },
        },
      ],
    },
  };
  return [
    // Three, because a quota with a scope can count nothing but pods.
    quotaManifest('objects', {
      hard: {
        'count/statefulsets.apps': String(quota.instances),
        'requests.storage': byteQuantity(quota.storageBytes),
      },
    }),
    quotaManifest('instances', {
      scopes: ['NotTerminating'],
      hard: {
        'requests.cpu': cpuQuantity(quota.cpuMillis),
        'limits.memory': byteQuantity(quota.memoryBytes),
      },
    }),
    quotaManifest('one-shots', {
      scopes: ['Terminating'],
      hard: {
        'requests.cpu': oneShotBounds.cpu,
        'limits.memory': oneShotBounds.memory,
        pods: oneShotBounds.pods,
      },
    }),
    limits,
    ...spacePolicies(metadata, clusterRanges),
  ];
}

/** The hash notices a field that is not wanted any more, the comparison one that somebody else has changed. */
function withHash<T extends Manifest<Kinds[Kind]> | Manifest>(manifest: T): T {
  const hash = contentHash(manifest);
  const { metadata } = manifest;
  return {
    ...manifest,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [annotations.manifestHash]: hash },
    },
  };
}

function matches(stored: Stored | undefined, wanted: Manifest): boolean {
  if (!stored) return false;
  const { apiVersion: _, kind: __, ...content } = wanted;
  return covers(stored, content);
}
