import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Asked for by the observer when a running agent ends itself over its configuration: park it instead of looping. */
export const holdInstance = (input: InstanceOperationInput) =>
  carryOut(input, async () => {
    await steps.parkInstance(input);
    await steps.awaitStopped(input);
  });
