import type { InstanceOperationInput } from '../contracts/operations.ts';
import { awaitReadyOrPark } from '../lib/await-ready-or-park.ts';
import { carryOut } from '../lib/carry-out.ts';
import { steps } from '../lib/steps.ts';

/** Powers a stopped instance on with its wanted revision and newest secrets. A failure powers it off again. */
export const startInstance = (input: InstanceOperationInput) =>
  carryOut(input, async (undo, { checkConfiguration }) => {
    await steps.ensureTenantSpace(input);
    await checkConfiguration(input);
    await steps.placeInstance(input);

    undo.add('power off again', () => steps.undoPowerOn(input));
    await steps.powerOn(input);
    await awaitReadyOrPark(input, undo);
    await steps.proveConfiguration(input);
  });
