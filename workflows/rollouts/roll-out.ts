import { CancellationScope, condition, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { wakeSignal, type RolloutInput } from '../contracts/rollouts.ts';
import { stepErrorOf } from '../lib/step-error.ts';
import { continueOnSafePoint } from './continue-on-safe-point.ts';
import { rolloutSteps } from './rollout-steps.ts';

const wake = defineSignal(wakeSignal);

/**
 * A rollout from its check to its end. The rows are the truth: this run only keeps somebody at work on them, so that it
 * may be ended from outside, started again, or moved to newer code at any point between two looks.
 * Invariant: a look begins after every wake that came before it; a wake that is lost costs at most one idle wait.
 */
export async function rollOut(input: RolloutInput): Promise<void> {
  let woken = false;
  setHandler(wake, () => {
    woken = true;
  });
  // People stop a rollout by its rows, where the decision is kept and everyone sees it.
  await CancellationScope.nonCancellable(() => carryOn());

  async function carryOn(): Promise<void> {
    for (;;) {
      woken = false;
      const { state, waitMs, details } = await rolloutSteps.advanceRollout(input);
      setCurrentDetails(details);
      if (state === 'ended') return;
      if (state === 'unchecked') await check(input);
      await continueOnSafePoint(input);
      if (state === 'idle') await condition(() => woken, waitMs);
    }
  }
}

async function check(input: RolloutInput): Promise<void> {
  try {
    await rolloutSteps.checkRollout(input);
  } catch (error) {
    const { code, detail } = stepErrorOf(error);
    await rolloutSteps.failRollout(input, { code, detail });
  }
}
