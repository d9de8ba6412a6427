import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { problems, type ProblemCode } from '../../../workflows/contracts/problems.ts';

/** What the driver's part on the machine fails with; without a code it is a fault of its own. */
export const FaultMessage = z.object({ code: z.string().nullable(), detail: z.string().nullable() });

export function problemOfFault({ code, detail }: z.infer<typeof FaultMessage>): Error {
  if (code !== null && code in problems) return new Problem(code as ProblemCode, detail ?? undefined);
  return new Error(`The driver's part on the machine failed: ${detail}`);
}

export const broken = (errorOutput = ''): Problem =>
  new Problem('cluster.unavailable', `The connection to the machine broke off. ${errorOutput.slice(-500)}`.trim());

/** What a call ends with: the caller's own cancellation before all, and silence as what it is. */
export function problemOf(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Problem) return error;
  if (signal.aborted) return signal.reason;
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new Problem('cluster.unavailable', 'The machine did not answer in time.', { cause: error });
  }
  return error;
}
