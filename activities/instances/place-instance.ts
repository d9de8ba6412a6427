import { setTimeout as sleep } from 'node:timers/promises';
import { recordVolume } from '../../server/instances/commands/record-volume.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { isOver } from './look.ts';
import { specOf, targetOf, wantedOf, type InstanceStep } from './target.ts';

/** Puts the objects of the operation's revision in place, with the newest secrets; power stays as it is. */
export async function placeInstance(step: InstanceStep): Promise<void> {
  const { deps, input, operation, fence, signal, transaction } = step;
  const target = await targetOf(step);
  const wanted = await wantedOf(step, operation.revision);
  const spec = await specOf(deps, target, wanted);
  // Before the claim is made: a volume that is there and not in the table could never be purged.
  await transaction((tx) => recordVolume(tx, input, 'present'));
  await withinQuota(step, () => target.runtime.ensureInstance(target.ref, spec, fence, signal));
}

const quotaPatienceMs = 20_000;
const quotaPollMs = 1_000;

/** A cluster counts what was just removed for some seconds more; our own ledger has let the instance in already. */
async function withinQuota(step: InstanceStep, place: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await place();
    } catch (error) {
      const full = error instanceof Problem && error.code === 'cluster.quota-exceeded';
      if (!full || isOver(step, quotaPatienceMs)) throw error;
      await sleep(quotaPollMs, undefined, { signal: step.signal });
    }
  }
}
