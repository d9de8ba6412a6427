import { continueAsNew, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { RolloutInput } from '../contracts/rollouts.ts';
import type { rollOut } from './roll-out.ts';

/**
 * Between two looks nothing is held in memory: the place to begin a new history when this one has grown long, and to
 * move to the workflows of a newer release instead of keeping theirs waiting for days.
 */
export async function continueOnSafePoint(input: RolloutInput): Promise<void> {
  const { continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo();
  if (targetWorkerDeploymentVersionChanged) {
    await makeContinueAsNewFunc<typeof rollOut>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(input);
  }
  if (continueAsNewSuggested) await continueAsNew<typeof rollOut>(input);
}
