import type { OneShotTrace } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { isStatus } from './faults.ts';
import type { Attempt } from './fenced.ts';
import { annotations, labels, namespaceOf, platformName } from './names.ts';

/** Each has a ConfigMap, which owns its pod. */
export async function listOneShots(cluster: Cluster, signal: AbortSignal): Promise<OneShotTrace[]> {
  const query = { labelSelector: `${labels.managedBy}=${platformName},${labels.oneShot},${labels.tenant}` };
  const { items } = await cluster.list('ConfigMap', undefined, query, signal);
  return items.map(({ metadata }) => ({
    tenantId: metadata.labels?.[labels.tenant] ?? '',
    name: metadata.name,
    uid: metadata.uid,
    operationId: metadata.annotations?.[annotations.operation] ?? null,
    createdAt: metadata.creationTimestamp ?? '',
  }));
}

/** The collector takes the pod along. */
export async function removeOneShot(
  { tenantId, name, uid }: OneShotTrace,
  { cluster, fence, signal }: Attempt,
): Promise<void> {
  fence.assertValid();
  try {
    const how = { uid, propagationPolicy: 'Background' } as const;
    await cluster.remove('ConfigMap', namespaceOf(tenantId), name, how, signal);
  } catch (error) {
    // Another one has taken its name meanwhile.
    if (!isStatus(error, 409)) throw error;
  }
}
