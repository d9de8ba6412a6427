import { recordObservation } from '../../server/instances/commands/record-observation.ts';
import type { ObservedInstance } from '../runtimes/runtime.ts';
import type { InstanceStep, Target } from './target.ts';

/** Looks at the cluster, and writes what it sees at once: the phase must not lag behind the operation that caused it. */
export async function look({ input, signal, transaction }: InstanceStep, target: Target): Promise<ObservedInstance> {
  const observed = await target.runtime.observe(target.ref, signal);
  const { clusterId, operationId } = input;
  await transaction((tx) => recordObservation(tx, { clusterId, epoch: null, operationId, observed }));
  return observed;
}

export const isOver = ({ countedFrom }: InstanceStep, withinMs: number): boolean =>
  Date.now() - countedFrom.getTime() > withinMs;
