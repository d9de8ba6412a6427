import { patched, proxyLocalActivities, setCurrentDetails, type LocalActivityOptions } from '@temporalio/workflow';
import { stepTitles, type Steps, type StepsAtHand } from '../contracts/steps.ts';
import { stepErrorOf } from './step-error.ts';
import { steps } from './steps.ts';

/** Once, and shorter than a workflow task: whatever needs patience is for the activity. */
const once: LocalActivityOptions = { scheduleToCloseTimeout: '5 s', retry: { maximumAttempts: 1 } };

const local = proxyLocalActivities<StepsAtHand>({ ...once, summary: stepTitles.checkConfiguration });
const { settle } = proxyLocalActivities<Pick<Steps, 'settle'>>({ ...once, summary: stepTitles.settle });

export interface QuickSteps extends Pick<Steps, 'checkConfiguration' | 'settle'> {
  /** False in a run that began before there were such steps. Older patches need not be asked for where it is true. */
  atHand: boolean;
}

/**
 * Steps that are one short transaction as a rule. They are tried at hand, within the workflow's own task, which saves the
 * way of an activity through Temporal; what does not succeed there is left to the activity of the same step, with its
 * retries, its row and its error. To be called when a run begins, and once: a run of before goes on as it began.
 */
export function stepsAtHand(): QuickSteps {
  if (!patched('steps-at-hand'))
    return { atHand: false, checkConfiguration: steps.checkConfiguration, settle: steps.settle };
  return {
    atHand: true,
    async checkConfiguration(input) {
      setCurrentDetails(stepTitles.checkConfiguration);
      const known = await unlessItFails(() => local.passKnownConfiguration(input));
      if (!known) await steps.checkConfiguration(input);
    },
    async settle(input, outcome) {
      setCurrentDetails(stepTitles.settle);
      const settled = await unlessItFails(() => settle(input, outcome).then(() => true));
      if (!settled) await steps.settle(input, outcome);
    },
  };
}

/** @returns false where it failed, but for the one failure that says that there is nothing more to do */
async function unlessItFails(step: () => Promise<boolean>): Promise<boolean> {
  try {
    return await step();
  } catch (error) {
    if (stepErrorOf(error).code === 'operation.superseded') throw error;
    return false;
  }
}
