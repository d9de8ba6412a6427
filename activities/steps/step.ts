import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { OperationInput } from '../../workflows/contracts/operations.ts';
import type { StepError, StepName } from '../../workflows/contracts/steps.ts';
import { lostRightTo } from '../../server/operations/lost-right.ts';
import type { Operation } from '../../server/operations/operation.entity.ts';
import { tenantScope } from '../../server/persistence/database.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import type { Deps } from '../deps.ts';
import type { Fence } from '../runtimes/runtime.ts';
import { failureOf, toApplicationFailure } from './failure.ts';
import { RenewedFence } from './fence.ts';
import type { Ownership } from './ownership.ts';
import { enterStep, leaveStep } from './record.ts';

const heartbeatEveryMs = 1_500;

export interface StepContext<Input extends OperationInput> {
  deps: Deps;
  input: Input;
  operation: Operation;
  fence: Fence;
  /** Ends with the attempt: cancelled, superseded, or the worker going down. */
  signal: AbortSignal;
  /** Deadlines count from here; see `operation_steps.counted_from`. */
  countedFrom: Date;
  /** A transaction as the operation's tenant. */
  transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
  /** Tells people what the step is waiting for, while it goes on. */
  waitingFor: (reason: StepError) => Promise<void>;
}

/**
 * What a step is to its operation. An `effect` is not begun any more when whoever asked for the operation has lost the
 * right to it; a `look` touches nothing, and what takes something back or to rest (`undo`, `rest`) needs no right.
 */
export type StepNature = 'effect' | 'look' | 'rest' | 'undo';

/**
 * Makes an activity of a step's work: it enters and leaves `operation_steps`, holds the fence, keeps the heartbeat, and
 * turns what was thrown into a code of the catalogue.
 */
export function step<Input extends OperationInput, Result>(
  { deps, ownership }: { deps: Deps; ownership: Ownership },
  name: StepName,
  work: (context: StepContext<Input>) => Promise<Result>,
  nature: StepNature,
): (input: Input) => Promise<Result> {
  return async (input) => {
    const activity = Context.current();
    const { attempt } = activity.info;
    const { operationId, tenantId } = input;
    const transaction = <T>(inside: (tx: Transaction) => Promise<T>) =>
      deps.db.transaction(tenantScope(tenantId), inside);
    const heartbeat = setInterval(() => activity.heartbeat(), heartbeatEveryMs);
    let fence: RenewedFence | undefined;
    // Before the look at the row: a process frozen in between must not wake up with a fresh permission.
    const askedAtMs = performance.now();
    try {
      const entered = await transaction(async (tx) => {
        const begun = await enterStep(tx, { operationId, name, attempt, undo: nature === 'undo' });
        return { ...begun, lost: nature === 'effect' ? await lostRightTo(tx, deps.rights, begun.operation) : null };
      });
      fence = new RenewedFence(ownership, entered.operation, askedAtMs);
      if (entered.lost !== null) throw new Problem('access.denied', entered.lost);
      const signal = AbortSignal.any([activity.cancellationSignal, fence.signal]);
      let told = '';
      const result = await work({
        deps,
        input,
        operation: entered.operation,
        fence,
        signal,
        countedFrom: entered.countedFrom,
        transaction,
        async waitingFor(reason) {
          if (told === reason.detail) return;
          told = reason.detail;
          await transaction((tx) => leaveStep(tx, { operationId, name, attempt }, { state: 'Waiting', error: reason }));
        },
      });
      await transaction((tx) => leaveStep(tx, { operationId, name, attempt }, { state: 'Succeeded', error: null }));
      return result;
    } catch (thrown) {
      throw await recordFailure(thrown, { deps, operationId, tenantId, name, attempt, fence });
    } finally {
      clearInterval(heartbeat);
      fence?.stop();
    }
  };
}

interface FailedAttempt {
  deps: Deps;
  operationId: string;
  tenantId: string;
  name: StepName;
  attempt: number;
  fence: RenewedFence | undefined;
}

async function recordFailure(thrown: unknown, failed: FailedAttempt): Promise<Error> {
  const { deps, operationId, tenantId, name, attempt, fence } = failed;
  const cancelled = Context.current().cancellationSignal.aborted;
  const meaning = fence?.signal.aborted ? new Problem('operation.superseded') : thrown;
  const failure = failureOf(meaning, attempt);
  if (failure.error.code === 'server.error' && !cancelled) {
    deps.log.error({ operationId, step: name, attempt, err: thrown }, 'step failed unforeseen');
  }
  if (failure.error.code !== 'operation.superseded') {
    const error: StepError = cancelled
      ? { code: 'operation.cancelled', detail: 'this attempt was ended' }
      : failure.error;
    const state = cancelled || failure.retryable ? 'Waiting' : 'Failed';
    const nextAttemptAt = failure.retryable ? new Date(Date.now() + failure.nextAttemptInMs) : undefined;
    try {
      await deps.db.transaction(tenantScope(tenantId), (tx) =>
        leaveStep(tx, { operationId, name, attempt }, { state, error, nextAttemptAt }),
      );
    } catch (unrecorded) {
      // The database may be the very thing that failed; Temporal keeps the failure, the next attempt writes the row.
      deps.log.warn({ operationId, step: name, err: unrecorded }, 'could not record how a step ended');
    }
  }
  return cancelled ? new CancelledFailure('cancelled') : toApplicationFailure(failure);
}
