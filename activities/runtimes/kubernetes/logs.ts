import type { InstanceRef } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { isStatus } from './faults.ts';
import { containerName, namespaceOf, podNameOf } from './names.ts';
import { pathOf } from './objects.ts';

const maximumBytes = 256 * 1024;
/** A process this young has said little; the reason why it was started again is in the one before. */
const youngMs = 30_000;

/** The newest lines; of two processes where one has just followed the other. None where there is no process. */
export async function tailLogs(
  cluster: Cluster,
  ref: InstanceRef,
  lines: number,
  signal: AbortSignal,
): Promise<string[]> {
  const namespace = namespaceOf(ref.tenantId);
  const podName = podNameOf(ref.instanceId);
  const pod = await cluster.get('Pod', namespace, podName, signal);
  const container = pod?.status?.containerStatuses?.find((entry) => entry.name === containerName);
  if (!container) return [];
  const startedAt = container.state?.running?.startedAt;
  const young = startedAt !== undefined && Date.now() - Date.parse(startedAt) < youngMs;
  const [before, now] = await Promise.all([
    container.restartCount > 0 && young ? readLog(cluster, namespace, podName, lines, true, signal) : [],
    readLog(cluster, namespace, podName, lines, false, signal),
  ]);
  return [...before, ...now].slice(-lines);
}

export async function readLog(
  cluster: Cluster,
  namespace: string,
  podName: string,
  tailLines: number,
  previous: boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const query = { container: containerName, tailLines, previous, limitBytes: maximumBytes };
  try {
    const text = await cluster.text(pathOf('Pod', namespace, podName, 'log'), query, signal);
    return text.split('\n').filter((line) => line !== '');
  } catch (error) {
    // 400: the container has not started, or its log is gone with the node's clean-up.
    if (isStatus(error, 400, 404)) return [];
    throw error;
  }
}
