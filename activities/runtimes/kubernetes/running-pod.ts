import type { InstanceRef } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { containerName, namespaceOf, podNameOf } from './names.ts';
import type { Kinds, Stored } from './objects.ts';
import { withoutProcess, type SessionPlace } from './session.ts';

export interface RunningPod extends SessionPlace {
  /** Where the agent has its state. */
  statePath: string;
  restarts: number;
}

/** The pod whose agent runs, also if it is not ready; undefined where none does, or it is being ended. */
export async function findRunningPod(
  cluster: Cluster,
  ref: InstanceRef,
  signal: AbortSignal,
): Promise<RunningPod | undefined> {
  const namespace = namespaceOf(ref.tenantId);
  const podName = podNameOf(ref.instanceId);
  const pod = await cluster.get('Pod', namespace, podName, signal);
  const status = pod?.status?.containerStatuses?.find(({ name }) => name === containerName);
  if (!pod || pod.metadata.deletionTimestamp || !status?.state?.running) return undefined;
  const restarts = status.restartCount;
  return { namespace, podName, container: containerName, statePath: statePathOf(pod), restarts };
}

/** @throws Problem 'instance.state-conflict' */
export async function runningPod(cluster: Cluster, ref: InstanceRef, signal: AbortSignal): Promise<RunningPod> {
  const pod = await findRunningPod(cluster, ref, signal);
  if (!pod) throw withoutProcess();
  return pod;
}

function statePathOf({ spec }: Stored<Kinds['Pod']>): string {
  const container = spec?.containers.find(({ name }) => name === containerName);
  return container?.volumeMounts?.find(({ name }) => name === 'state')?.mountPath ?? '/';
}
