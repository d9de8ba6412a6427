import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Removes the volume that a deleted instance had kept. */
export const purgeInstance = (input: InstanceOperationInput) =>
  carryOut(input, async () => {
    await steps.awaitRemoved(input);
    await steps.removeVolume(input);
  });
