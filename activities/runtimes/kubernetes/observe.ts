import type { InstanceRef, ObservedInstance } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { placeOf, podNameOf } from './names.ts';
import type { Kinds, Stored } from './objects.ts';
import { eventsOf, pullOf, timeOf } from './pod-events.ts';
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
  return { ...observed, ...newestNews(await eventsOf(cluster, namespace, silent.metadata.uid, signal)) };
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

/** Why there is no process, or no container in it. A pull that takes its time is none of the warnings. */
function newestNews(
  events: Awaited<ReturnType<typeof eventsOf>>,
): Partial<Pick<ObservedInstance, 'reason' | 'message'>> {
  const warning = events.find(({ type }) => type === 'Warning');
  const pull = pullOf(events);
  const newest = pull && (!warning || timeOf(warning) < timeOf(pull)) ? pull : warning;
  if (!newest || (newest === warning && Date.now() - timeOf(newest) > warningAgeMs)) return {};
  return { reason: newest.reason ?? 'Warning', message: newest.message?.slice(0, 1000) ?? null };
}
