import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { isProblemCode } from '../contracts/problems.ts';
import type { StepError } from '../contracts/steps.ts';

/** What failed, in the words of the catalogue. */
export function stepErrorOf(error: unknown): StepError {
  if (isCancellation(error)) return { code: 'operation.cancelled', detail: 'cancelled on request' };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isProblemCode(cause.type)) {
    const [detail] = (cause.details ?? []) as [StepError | undefined];
    return { code: cause.type, detail: detail?.detail ?? cause.message, faults: detail?.faults };
  }
  if (cause instanceof TimeoutFailure) return { code: 'server.error', detail: `timed out: ${cause.message}` };
  return { code: 'server.error', detail: cause instanceof Error ? cause.message : String(cause) };
}
