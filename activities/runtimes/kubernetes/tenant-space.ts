import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { TenantSpace } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { repeatOn, type Attempt } from './fenced.ts';
import { annotations, contentHash, labels, namespaceOf, platformName } from './names.ts';
import { spacePolicies } from './network.ts';
import { covers, type Kinds, type Manifest, type Stored } from './objects.ts';
import { byteQuantity, cpuQuantity } from './quantity.ts';

const gibibyte = 1024 ** 3;

/** What validation runs may use beside the instances; they have a deadline, by which the quota tells them apart. */
const oneShotBounds = { cpu: cpuQuantity(2000), memory: byteQuantity(8 * gibibyte), pods: '16' };

type SpaceKind = 'ResourceQuota' | 'LimitRange' | 'NetworkPolicy';
const spaceKinds: readonly SpaceKind[] = ['ResourceQuota', 'LimitRange', 'NetworkPolicy'];

/**
 * Four reads when all is as it should be; otherwise a write for each object that differs. Beside the fence of the
 * operation, each object carries the generation of the quota that it was written from: operations on several
 * instances of a tenant bring its bounds along, and one that read them before a change must not take it back.
 */
export async function ensureTenantSpace(
  space: TenantSpace,
  clusterRanges: readonly string[],
  attempt: Attempt,
): Promise<void> {
  const { cluster, signal } = attempt;
  const namespace = namespaceOf(space.tenantId);
  const managed = { labelSelector: `${labels.managedBy}=${platformName},!${labels.instance}` };
  const [stored, ...lists] = await Promise.all([
    cluster.get('Namespace', undefined, namespace, signal),
    ...spaceKinds.map((kind) => cluster.list(kind, namespace, managed, signal)),
  ]);
  const wantedNamespace = finished(namespaceManifest(space, namespace), space);
  await bring('Namespace', undefined, wantedNamespace, attempt, stored, (found) => refuseForeign(found, namespace));

  const wanted = spaceManifests(space, namespace, clusterRanges).map((manifest) => finished(manifest, space));
  const written = await Promise.allSettled(
    wanted.map(async (manifest) => {
      const kind = manifest.kind as SpaceKind;
      const present: Stored[] = lists[spaceKinds.indexOf(kind)]?.items ?? [];
      const known = present.find((object) => object.metadata.name === manifest.metadata.name);
      return (await bring(kind, namespace, manifest, attempt, known)) && kind === 'ResourceQuota';
    }),
  );
  for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason;
  if (written.some((outcome) => outcome.status === 'fulfilled' && outcome.value)) {
    await quotaInForce(cluster, namespace, signal);
  }
}

/** Ends when nothing is left of it, volumes included; bounded by the attempt's signal alone. */
export async function removeTenantSpace(tenantId: string, { cluster, fence, signal }: Attempt): Promise<void> {
  const namespace = namespaceOf(tenantId);
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 1.5, 2000)) {
    const stored = await cluster.get('Namespace', undefined, namespace, signal);
    if (!stored) return;
    if (!stored.metadata.deletionTimestamp) {
      refuseForeign(stored, namespace);
      fence.assertValid();
      await cluster.remove('Namespace', undefined, namespace, { uid: stored.metadata.uid }, signal);
    }
    await sleep(waitMs, undefined, { signal });
  }
}

/** The tenants that have a space here, of this platform or another one. */
export async function listTenantSpaces(cluster: Cluster, signal: AbortSignal): Promise<string[]> {
  const query = { labelSelector: `${labels.managedBy}=${platformName},${labels.tenant}` };
  const { items } = await cluster.list('Namespace', undefined, query, signal);
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap(({ metadata }) => metadata.labels?.[labels.tenant] ?? []);
}

/**
 * Creates the object, or changes exactly the one that was looked at; what was written from a newer quota stays.
 * @returns whether anything was written
 */
async function bring(
  kind: SpaceKind | 'Namespace',
  namespace: string | undefined,
  wanted: Finished,
  { cluster, fence, signal }: Attempt,
  known: Stored | undefined,
  refuse: (stored: Stored | undefined) => void = () => undefined,
): Promise<boolean> {
  let looked: { stored: Stored | undefined } | undefined = { stored: known };
  // Not found: it was deleted between the read and the write.
  return repeatOn([409, 404], signal, async () => {
    const stored: Stored | undefined = looked
      ? looked.stored
      : await cluster.get(kind, namespace, wanted.metadata.name, signal);
    looked = undefined;
    refuse(stored);
    if (stored && (quotaGenerationOf(stored) > quotaGenerationOf(wanted) || matches(stored, wanted))) return false;
    fence.assertValid();
    if (stored) await cluster.replace(kind, namespace, changed(stored, wanted), signal);
    else await cluster.create(kind, namespace, wanted, signal);
    return true;
  });
}

const quotaGenerationOf = ({ metadata }: Pick<Stored, 'metadata'> | Finished): number =>
  Number(metadata.annotations?.[annotations.quotaGeneration] ?? 0);

/** What others have put on it stays; all that is of our making is as it is wanted now. */
const changed = (stored: Stored, { metadata, ...content }: Finished): Stored => ({
  ...stored,
  ...content,
  metadata: {
    ...stored.metadata,
    labels: { ...stored.metadata.labels, ...metadata.labels },
    annotations: { ...stored.metadata.annotations, ...metadata.annotations },
  },
});

function refuseForeign(stored: Stored | undefined, namespace: string): void {
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

function spaceManifests(space: TenantSpace, namespace: string, clusterRanges: readonly string[]): Finished[] {
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

type Finished = Manifest<Kinds[SpaceKind | 'Namespace']>;

/** The hash notices a field that is not wanted any more, the comparison one that somebody else has changed. */
function finished(manifest: Finished, space: TenantSpace): Finished {
  const { metadata } = manifest;
  return {
    ...manifest,
    metadata: {
      ...metadata,
      annotations: {
        ...metadata.annotations,
        [annotations.manifestHash]: contentHash(manifest),
        [annotations.quotaGeneration]: String(space.generation),
      },
    },
  };
}

function matches(stored: Stored, wanted: Manifest): boolean {
  const { apiVersion: _, kind: __, ...content } = wanted;
  return covers(stored, content);
}
