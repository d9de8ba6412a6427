import { makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { RolloutInput } from '../contracts/rollouts.ts';
import type { rollOut } from './roll-out.ts';

/** What the server has said since the run began about when it should end and begin anew. */
export interface SafePoint {
  /** To be called whenever the server may have said something: it need not say it twice. */
  listen(): void;
  /**
   * Between two looks nothing is held in memory: the place to begin a new history when this one has grown long, and to
   * move to the workflows of a newer release instead of keeping theirs waiting for days.
   */
  pass(input: RolloutInput): Promise<void>;
}

export function safePoint(): SafePoint {
  let isOver = false;
  const listen = (): void => {
    const { continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo();
    isOver ||= continueAsNewSuggested || targetWorkerDeploymentVersionChanged;
  };
  return {
    listen,
    async pass(input) {
      listen();
      if (isOver) await makeContinueAsNewFunc<typeof rollOut>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(input);
    },
  };
}
