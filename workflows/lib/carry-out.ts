import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { searchAttributes, type OperationInput } from '../contracts/operations.ts';
import type { Outcome, Steps } from '../contracts/steps.ts';
import { stepsAtHand, type QuickSteps } from './at-hand.ts';
import { Compensations } from './compensations.ts';
import { stepErrorOf } from './step-error.ts';

/**
 * The frame of every operation: run the steps, take back what can be taken back, settle once.
 * Invariant: a superseded run ends here without undo and without settling; the newer operation owns the instance.
 */
export async function carryOut(
  input: OperationInput,
  work: (undo: Compensations, quick: QuickSteps) => Promise<void>,
): Promise<'Succeeded' | 'Superseded'> {
  const quick = stepsAtHand();
  const undo = new Compensations();
  try {
    await work(undo, quick);
  } catch (error) {
    const problem = stepErrorOf(error);
    if (problem.code === 'operation.superseded') return endSuperseded();
    if (undo.any) show('Compensating');
    const undone = await undo.run();
    const phase = problem.code === 'operation.cancelled' ? 'Cancelled' : 'Failed';
    return settleAndThrow(quick.settle, input, { phase, error: problem, undone });
  }
  return settle(quick.settle, input, { phase: 'Succeeded', error: null, undone: false });
}

async function settle(
  step: Steps['settle'],
  input: OperationInput,
  outcome: Outcome,
): Promise<'Succeeded' | 'Superseded'> {
  try {
    await CancellationScope.nonCancellable(() => step(input, outcome));
  } catch (error) {
    if (stepErrorOf(error).code === 'operation.superseded') return endSuperseded();
    throw error;
  }
  show(outcome.phase);
  return 'Succeeded';
}

async function settleAndThrow(
  step: Steps['settle'],
  input: OperationInput,
  outcome: Outcome,
): Promise<'Succeeded' | 'Superseded'> {
  const settled = await settle(step, input, outcome);
  if (settled === 'Superseded') return settled;
  const { code, detail } = outcome.error ?? { code: 'server.error', detail: '' };
  if (outcome.phase === 'Cancelled') throw new CancelledFailure(detail);
  throw ApplicationFailure.nonRetryable(detail, code);
}

function endSuperseded(): 'Superseded' {
  show('Superseded');
  return 'Superseded';
}

function show(phase: string): void {
  upsertSearchAttributes({ [searchAttributes.phase]: [phase] });
  setCurrentDetails(phase);
}
