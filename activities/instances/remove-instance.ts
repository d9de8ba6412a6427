import { recordVolume } from '../../server/instances/commands/record-volume.ts';
import { removeCopies } from '../backups/remove-copies.ts';
import { awaitNoProcess, awaitNoVolume } from './await-stopped.ts';
import { targetOf, type InstanceStep } from './target.ts';

export async function removeInstance(step: InstanceStep): Promise<void> {
  const { ref, runtime } = await targetOf(step);
  await runtime.removeInstance(ref, step.fence, step.signal);
}

export async function removeVolume(step: InstanceStep): Promise<void> {
  const target = await targetOf(step);
  await target.runtime.removeVolume(target.ref, step.fence, step.signal);
  await awaitNoVolume(step, target);
  await removeCopies(step);
}

/** Undo of a creation: everything that it made, its new and empty volume included. */
export async function undoPlacement(step: InstanceStep): Promise<void> {
  const target = await targetOf(step);
  await target.runtime.removeInstance(target.ref, step.fence, step.signal);
  await awaitNoProcess(step, target, { alsoWorkload: true });
  await target.runtime.removeVolume(target.ref, step.fence, step.signal);
  await awaitNoVolume(step, target);
  await step.transaction((tx) => recordVolume(tx, step.input, 'none'));
}
