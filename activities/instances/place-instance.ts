import { Instance } from '../../server/instances/instance.entity.ts';
import { specOf, targetOf, wantedOf, type InstanceStep } from './target.ts';

/** Puts the objects of the operation's revision in place, with the newest secrets; power stays as it is. */
export async function placeInstance(step: InstanceStep): Promise<void> {
  const { deps, input, operation, fence, signal, transaction } = step;
  const target = await targetOf(step);
  const wanted = await wantedOf(step, operation.revision);
  const spec = await specOf(deps, target, wanted);
  // Before the claim is made: a volume that is there and not in the table could never be purged.
  await transaction(({ em }) => em.nativeUpdate(Instance, { id: input.instanceId }, { volume: 'present' }));
  await target.runtime.ensureInstance(target.ref, spec, fence, signal);
}
