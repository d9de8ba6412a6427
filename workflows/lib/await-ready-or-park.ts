import { CancellationScope } from '@temporalio/workflow';
import type { InstanceOperationInput } from '../contracts/operations.ts';
import type { Compensations } from './compensations.ts';
import { stepErrorOf } from './step-error.ts';
import { steps } from './steps.ts';

/**
 * Waits for readiness. An agent that refuses to run with its configuration is parked, not undone: its objects and its
 * last words stay for whoever mends it, power stays on, and an update tries again.
 */
export async function awaitReadyOrPark(input: InstanceOperationInput, undo: Compensations): Promise<void> {
  try {
    await steps.awaitReady(input);
  } catch (error) {
    if (stepErrorOf(error).code === 'agent.misconfigured') {
      undo.drop();
      await CancellationScope.nonCancellable(() => steps.parkInstance(input));
    }
    throw error;
  }
}
