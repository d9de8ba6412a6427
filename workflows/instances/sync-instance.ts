import type { InstanceOperationInput } from '../contracts/operations.ts';
import { awaitReadyOrPark } from '../lib/await-ready-or-park.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Compares what is wanted with what is there and repairs the difference. */
export const syncInstance = (input: InstanceOperationInput) =>
  carryOut(input, async (undo, { checkConfiguration }) => {
    await steps.ensureTenantSpace(input);
    await checkConfiguration(input);
    const { running } = await steps.repairInstance(input);
    if (!running) {
      await steps.awaitStopped(input);
      return;
    }
    await awaitReadyOrPark(input, undo);
    await steps.proveConfiguration(input);
  });
