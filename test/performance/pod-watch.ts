import type { Cluster } from '../../activities/runtimes/kubernetes/cluster.ts';
import { labels } from '../../activities/runtimes/kubernetes/names.ts';

/** When the pod of an instance was first seen, and first seen ready; on the clock of `performance.now()`. */
export interface PodTimes {
  createdMs: number;
  readyMs: number;
}

export interface PodWatch {
  /** Resolves once the pod is ready, whoever made it. */
  ready(instanceId: string): Promise<PodTimes>;
  stop(): Promise<void>;
}

/** One pair of eyes for both sides: pods that carry an instance's label, in all namespaces. */
export async function watchPods(cluster: Cluster): Promise<PodWatch> {
  const ending = new AbortController();
  const created = new Map<string, number>();
  const ready = new Map<string, PromiseWithResolvers<PodTimes>>();
  const readyOf = (instanceId: string): PromiseWithResolvers<PodTimes> => {
    const known = ready.get(instanceId) ?? Promise.withResolvers<PodTimes>();
    ready.set(instanceId, known);
    return known;
  };
  const query = { labelSelector: labels.instance };
  const { metadata } = await cluster.list('Pod', undefined, query, ending.signal);

  const follow = async (): Promise<void> => {
    let { resourceVersion } = metadata;
    while (!ending.signal.aborted) {
      const from = { ...query, resourceVersion, timeoutSeconds: 3_000 };
      for await (const { object } of cluster.watch('Pod', from, 3_060_000, ending.signal)) {
        const nowMs = performance.now();
        ({ resourceVersion } = object.metadata);
        const instanceId = object.metadata.labels?.[labels.instance];
        if (!instanceId) continue;
        const createdMs = created.get(instanceId) ?? nowMs;
        created.set(instanceId, createdMs);
        const isReady = object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
        if (isReady) readyOf(instanceId).resolve({ createdMs, readyMs: nowMs });
      }
    }
  };
  const following = follow().catch((error: unknown) => {
    if (!ending.signal.aborted) for (const waiting of ready.values()) waiting.reject(error);
  });
  return {
    ready: (instanceId) => readyOf(instanceId).promise,
    async stop() {
      ending.abort();
      await following;
    },
  };
}
