import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Fence, InstanceRef } from '../../runtime.ts';
import type { Cluster } from '../cluster.ts';
import { connectCluster } from '../connect.ts';
import type { Attempt } from '../fenced.ts';
import { kubernetesRuntime, type KubernetesRuntime } from '../index.ts';
import { parseKubeconfig } from '../kubeconfig.ts';
import { namespaceOf, placeOf } from '../names.ts';
import type { Kind, Stored } from '../objects.ts';
import { buildFence } from './fence.ts';
import { buildSpace } from './space.ts';

const kubeconfigPath = process.env['TEST_CONTROL_PLANE_KUBECONFIG'];

/** Why suites that need a cluster are skipped; said in their titles. A control plane alone is one: it runs no pod. */
export const withoutCluster = kubeconfigPath ? '' : ' (skipped: TEST_CONTROL_PLANE_KUBECONFIG names no cluster)';

export interface TestCluster {
  runtime: KubernetesRuntime;
  /** The same cluster by the same identity, below the runtime. */
  cluster: Cluster;
  tenantId: string;
  signal: AbortSignal;
  /** Asks for the namespace to be removed and does not wait for it. */
  leave(): Promise<void>;
}

export const clusterRanges = ['10.244.0.0/16'];

/** A tenant of its own on the cluster under test, by the platform's own narrow identity. */
export async function joinCluster(ranges: readonly string[] = clusterRanges): Promise<TestCluster> {
  const kubeconfig = readFileSync(kubeconfigPath ?? '', 'utf8');
  const runtime = kubernetesRuntime({ kubeconfig, dnsPolicy: 'Default', clusterRanges: ranges });
  const cluster = connectCluster(parseKubeconfig(kubeconfig), 15_000);
  const tenantId = randomUUID();
  const signal = new AbortController().signal;
  await runtime.ensureTenantSpace(buildSpace(tenantId), buildFence(1), signal);
  return {
    runtime,
    cluster,
    tenantId,
    signal,
    leave: async () => {
      const namespace = await cluster.get('Namespace', undefined, namespaceOf(tenantId), signal);
      if (namespace) {
        await cluster.remove('Namespace', undefined, namespaceOf(tenantId), { uid: namespace.metadata.uid }, signal);
      }
      await Promise.all([runtime.close(), cluster.close()]);
    },
  };
}

const instanceKinds = [
  'StatefulSet',
  'ConfigMap',
  'Secret',
  'Service',
  'NetworkPolicy',
  'PersistentVolumeClaim',
] as const;

/** All objects of an instance, by kind. What the controllers write into them is left out. */
export async function objectsOf(cluster: Cluster, ref: InstanceRef): Promise<Map<Kind, Stored>> {
  const { namespace, name } = placeOf(ref);
  const found = new Map<Kind, Stored>();
  for (const kind of instanceKinds) {
    const object: Stored | undefined = await cluster.get(kind, namespace, name, new AbortController().signal);
    if (object && !object.metadata.deletionTimestamp) found.set(kind, object);
  }
  return found;
}

/** What a write would change, status aside. */
export async function fingerprintOf(cluster: Cluster, ref: InstanceRef): Promise<Record<string, unknown>> {
  const objects = await objectsOf(cluster, ref);
  const entries = [...objects].map(([kind, object]) => {
    const { metadata, spec, data } = object as Stored & { spec?: unknown; data?: unknown };
    return [kind, { uid: metadata.uid, annotations: metadata.annotations, labels: metadata.labels, spec, data }];
  });
  return Object.fromEntries(entries);
}

/**
 * An attempt that is frozen right before its n-th write reaches the cluster: after the check of the fence, as a
 * process that is stopped there and goes on much later.
 */
export function buildFrozenAttempt(cluster: Cluster, fence: Fence, frozenWrite: number) {
  const frozen = Promise.withResolvers<void>();
  const thaw = Promise.withResolvers<void>();
  let writes = 0;
  const hold = async (): Promise<void> => {
    writes += 1;
    if (writes !== frozenWrite) return;
    frozen.resolve();
    await thaw.promise;
  };
  const attempt: Attempt = {
    fence,
    signal: new AbortController().signal,
    cluster: {
      ...cluster,
      create: async (...call) => hold().then(() => cluster.create(...call)),
      replace: async (...call) => hold().then(() => cluster.replace(...call)),
      remove: async (...call) => hold().then(() => cluster.remove(...call)),
    },
  };
  return { attempt, frozen: frozen.promise, thaw: () => thaw.resolve() };
}
