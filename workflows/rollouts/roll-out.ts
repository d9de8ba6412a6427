import {
  CancellationScope,
  condition,
  defineSignal,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { searchAttributes } from '../contracts/operations.ts';
import { wakeSignal, type RolloutInput } from '../contracts/rollouts.ts';
import { stepErrorOf } from '../lib/step-error.ts';
import { rolloutSteps } from './rollout-steps.ts';
import { safePoint } from './safe-point.ts';

const wake = defineSignal(wakeSignal);

/**
 * A rollout from its check to its end. The rows are the truth: this run only keeps somebody at work on them, so that it
 * may be ended from outside, started again, or moved to newer code at any point between two looks.
 * Invariant: a look begins after every wake that came before it; a wake that is lost costs at most one idle wait.
 */
export async function rollOut(input: RolloutInput): Promise<void> {
  let woken = false;
  const point = safePoint();
  setHandler(wake, () => {
    woken = true;
    point.listen();
  });
  // People stop a rollout by its rows, where the decision is kept and everyone sees it.
  await CancellationScope.nonCancellable(() => carryOn());

  async function carryOn(): Promise<void> {
    const show = phaseShower();
    for (;;) {
      woken = false;
      const { state, waitMs, details, phase } = await rolloutSteps.advanceRollout(input);
      show(phase ?? state, details);
      if (state === 'ended') return;
      if (state === 'unchecked') await check(input);
      await point.pass(input);
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

/** An operator searches Temporal for rollouts that are paused; written when it is another phase than before. */
function phaseShower(): (phase: string, details: string) => void {
  let shown: string | undefined;
  return (phase, details) => {
    setCurrentDetails(details);
    if (phase === shown || !patched('phase-in-search')) return;
    shown = phase;
    upsertSearchAttributes({ [searchAttributes.phase]: [phase] });
  };
}
