import type { InstanceRef, ObservedInstance } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { placeOf, podNameOf } from './names.ts';
import type { Kinds, Stored } from './objects.ts';
import { claimFacts, joinObserved, processFacts, workloadFacts } from './observed.ts';

/** Older warnings tell of another attempt. */
const warningAgeMs = 10 * 60_000;
/** A container is created within seconds, unless a mount or the sandbox fails, which only an event tells. */
const creationPatienceMs = 15_000;

/** Three reads, and one of events where they hold no reason: a workload that gets no pod, a pod that gets no container. */
export async function observe(cluster: Cluster, ref: InstanceRef, signal: AbortSignal): Promise<ObservedInstance> {
  const { namespace, name } = placeOf(ref);
  const [workload, pod, claim] = await Promise.all([
    cluster.get('StatefulSet', namespace, name, signal),
    cluster.get('Pod', namespace, podNameOf(ref.instanceId), signal),
    cluster.get('PersistentVolumeClaim', namespace, name, signal),
  ]);
  const observed = joinObserved(
    ref,
    workload && workloadFacts(workload),
    pod && processFacts(pod),
    claim && claimFacts(claim),
  );
  const silent = observed.power === 'on' ? silentObject(workload, pod, observed) : undefined;
  if (!silent) return observed;
  return { ...observed, ...(await newestWarning(cluster, namespace, silent.metadata.uid, signal)) };
}

function silentObject(
  workload: Stored<Kinds['StatefulSet']> | undefined,
  pod: Stored<Kinds['Pod']> | undefined,
  observed: ObservedInstance,
): Stored | undefined {
  if (!pod) return workload;
  const ageMs = Date.now() - Date.parse(pod.metadata.creationTimestamp ?? '');
  return observed.reason === 'ContainerCreating' && ageMs > creationPatienceMs ? pod : undefined;
}

async function newestWarning(
  cluster: Cluster,
  namespace: string,
  uid: string,
  signal: AbortSignal,
): Promise<Partial<Pick<ObservedInstance, 'reason' | 'message'>>> {
  const query = { fieldSelector: `involvedObject.uid=${uid},type=Warning`, limit: 50 };
  const { items } = await cluster.list('Event', namespace, query, signal);
  const when = (event: (typeof items)[number]): number =>
    Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '');
  const newest = items.toSorted((left, right) => when(right) - when(left))[0];
  if (!newest || Date.now() - when(newest) > warningAgeMs) return {};
  return { reason: newest.reason ?? 'Warning', message: newest.message?.slice(0, 1000) ?? null };
}
