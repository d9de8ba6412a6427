import { setTimeout as sleep } from 'node:timers/promises';

import type { Power } from '../../../workflows/contracts/phases.ts';
import type { InstanceRef } from '../runtime.ts';
import { markDependents } from './dependents.ts';
import { markRestart, withoutWorkload } from './ensure.ts';
import { isStatus } from './faults.ts';
import { changeFenced, together, type Attempt } from './fenced.ts';
import { placeOf, podNameOf } from './names.ts';

/**
 * How long a kill waits for the controller to notice. One that has just lost its API server acts on what it remembers
 * until it has connected again: a pod that is deleted before that is started anew once.
 */
const controllerPatienceMs = 15_000;

export async function power(ref: InstanceRef, wanted: Power, attempt: Attempt): Promise<void> {
  const anchor = await scale(ref, wanted === 'on' ? 1 : 0, attempt);
  if (!anchor && wanted === 'on') throw withoutWorkload();
  await markDependents(ref, attempt);
}

export async function restart(ref: InstanceRef, token: string, attempt: Attempt): Promise<void> {
  const anchor = await changeFenced('StatefulSet', placeOf(ref), attempt, (stored) => {
    if (stored.spec) markRestart(stored.spec.template, token);
  });
  if (!anchor) throw withoutWorkload();
  await markDependents(ref, attempt);
}

/**
 * Without a workload there is nothing to kill. The end of a process that runs is written at the same time as the scale: after
 * the scale the controller would give it its whole grace, which no kubelet shortens once it has begun. One that has not
 * begun would be gone at once, and have another in its place before the scale is there.
 */
export async function kill(ref: InstanceRef, attempt: Attempt): Promise<void> {
  const anchor = await changeFenced('StatefulSet', placeOf(ref), attempt);
  if (!anchor) return;
  const runs = await isRunning(ref, attempt);
  await together([scale(ref, 0, attempt), ...(runs ? [endProcess(ref, attempt)] : [])]);
  // Once the controller has seen it no new pod can appear after we have looked.
  await together([markDependents(ref, attempt), controllerCaughtUp(ref, attempt)]);
  await endProcess(ref, attempt);
}

const scale = (ref: InstanceRef, replicas: 0 | 1, attempt: Attempt) =>
  changeFenced('StatefulSet', placeOf(ref), attempt, (stored) => {
    if (stored.spec) stored.spec.replicas = replicas;
  });

async function isRunning(ref: InstanceRef, { cluster, signal }: Attempt): Promise<boolean> {
  const pod = await cluster.get('Pod', placeOf(ref).namespace, podNameOf(ref.instanceId), signal);
  return pod?.status?.containerStatuses?.some(({ state }) => state?.running !== undefined) ?? false;
}

async function controllerCaughtUp(ref: InstanceRef, { cluster, signal }: Attempt): Promise<void> {
  const { namespace, name } = placeOf(ref);
  const deadline = Date.now() + controllerPatienceMs;
  for (let waitMs = 10; Date.now() < deadline; waitMs = Math.min(waitMs * 2, 500)) {
    const stored = await cluster.get('StatefulSet', namespace, name, signal);
    if (!stored || (stored.status?.observedGeneration ?? 0) >= (stored.metadata.generation ?? 0)) return;
    await sleep(waitMs, undefined, { signal });
  }
}

/** A grace of one second, never zero: zero forgets the pod while its process may still write. */
async function endProcess(ref: InstanceRef, { cluster, fence, signal }: Attempt): Promise<void> {
  const { namespace } = placeOf(ref);
  const podName = podNameOf(ref.instanceId);
  const pod = await cluster.get('Pod', namespace, podName, signal);
  if (!pod) return;
  fence.assertValid();
  try {
    await cluster.remove('Pod', namespace, podName, { uid: pod.metadata.uid, gracePeriodSeconds: 1 }, signal);
  } catch (error) {
    // Another uid: the process that was to be killed is gone already.
    if (!isStatus(error, 409)) throw error;
  }
}
