import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Powers off gently; only goes forward. Stopped means that no process is left. */
export const stopInstance = (input: InstanceOperationInput) =>
  carryOut(input, async () => {
    await steps.powerOff(input);
    await steps.awaitStopped(input);
  });
