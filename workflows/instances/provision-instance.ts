import type { InstanceOperationInput } from '../contracts/operations.ts';
import { awaitReadyOrPark } from '../lib/await-ready-or-park.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Brings a new instance up. On failure nothing of it is left on the cluster, its volume included. */
export const provisionInstance = (input: InstanceOperationInput) =>
  carryOut(input, async (undo, { checkConfiguration }) => {
    await steps.ensureTenantSpace(input);
    await checkConfiguration(input);

    undo.add('remove what was created', () => steps.undoPlacement(input));
    await steps.placeInstance(input);
    await steps.powerOn(input);
    await awaitReadyOrPark(input, undo);
    await steps.proveConfiguration(input);
  });
