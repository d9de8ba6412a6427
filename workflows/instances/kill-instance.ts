import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Power off now, whatever runs; supersedes every other operation and only goes forward. */
export const killInstance = (input: InstanceOperationInput) =>
  carryOut(input, async () => {
    await steps.killProcess(input);
    await steps.awaitStopped(input);
  });
