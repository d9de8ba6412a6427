import { ApplicationFailure } from '@temporalio/common';
import { DriverException } from '@mikro-orm/core';
import { isTransient, Problem } from '../../workflows/contracts/problem.ts';
import { problems } from '../../workflows/contracts/problems.ts';
import type { StepError } from '../../workflows/contracts/steps.ts';

/** A fault that nobody foresaw is tried again a few times: most are passing, the rest must not loop for ever. */
const attemptsOfUnforeseen = 8;
const waitAtMostMs = 10_000;

export interface StepFailure {
  error: StepError;
  retryable: boolean;
  /** Zero where it is not retryable. */
  nextAttemptInMs: number;
}

/** What a thrown error means for the step. */
export function failureOf(thrown: unknown, attempt: number): StepFailure {
  const delayMs = Math.min(500 * 2 ** Math.min(attempt - 1, 6), waitAtMostMs);
  if (thrown instanceof Problem) {
    const retryable = isTransient(thrown.code);
    const error = { code: thrown.code, detail: thrown.detail ?? thrown.title, faults: thrown.faults };
    return { error, retryable, nextAttemptInMs: retryable ? delayMs : 0 };
  }
  if (isDatabaseLoss(thrown)) {
    const error: StepError = { code: 'server.unavailable', detail: 'the database does not answer' };
    return { error, retryable: true, nextAttemptInMs: delayMs };
  }
  const retryable = attempt < attemptsOfUnforeseen;
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}`.slice(0, 500) : 'unforeseen fault';
  return { error: { code: 'server.error', detail }, retryable, nextAttemptInMs: retryable ? delayMs : 0 };
}

/**
 * Classes 08 (connection) and 57P (shutdown) of PostgreSQL, its time limits (55P03, 57014, 25P03) and deadlocks (40P01),
 * and what the socket says.
 */
function isDatabaseLoss(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && /^(08|57P|55P03|57014|25P03|40P01|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/.test(code))
      return true;
    if (/Connection terminated|connection error|timeout exceeded when trying to connect/.test(error.message))
      return true;
  }
  return thrown instanceof DriverException && /ECONN|terminat/.test(thrown.message);
}

/**
 * What Temporal is told, and keeps for all who may look there: the code, and the catalogue's own sentence. Words about a
 * tenant's things (names, configurations, what its agent said) stay in the tenant's rows.
 */
export const toApplicationFailure = ({ error, retryable, nextAttemptInMs }: StepFailure): ApplicationFailure =>
  ApplicationFailure.create({
    type: error.code,
    message: problems[error.code][1],
    nonRetryable: !retryable,
    ...(retryable && { nextRetryDelay: nextAttemptInMs }),
  });
