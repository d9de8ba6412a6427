import type { InstanceOperationInput } from '../contracts/operations.ts';
import { awaitReadyOrPark } from '../lib/await-ready-or-park.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** A new process with the wanted revision and newest secrets. Never two at once on one state directory. */
export const restartInstance = (input: InstanceOperationInput) =>
  carryOut(input, async (undo, { checkConfiguration }) => {
    await checkConfiguration(input);
    await steps.placeInstance(input);
    await steps.restartProcess(input);
    await awaitReadyOrPark(input, undo);
    await steps.proveConfiguration(input);
  });
