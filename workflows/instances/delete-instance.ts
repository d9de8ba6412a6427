import type { InstanceOperationInput } from '../contracts/operations.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

export interface DeleteInstanceInput extends InstanceOperationInput {
  purge: boolean;
}

/** Removes an instance; only goes forward. The volume stays unless a purge was asked for. */
export const deleteInstance = (input: DeleteInstanceInput) =>
  carryOut(input, async () => {
    await steps.removeInstance(input);
    await steps.awaitRemoved(input);
    if (input.purge) await steps.removeVolume(input);
  });
