import { isActive, type StepState } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import type { StepError, StepName } from '../../workflows/contracts/steps.ts';
import { Operation } from '../../server/operations/operation.entity.ts';
import { emitOperation } from '../../server/operations/commands/request-operation.ts';
import { lockRow } from '../../server/persistence/lock-row.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';

export interface Entered {
  operation: Operation;
  /** Deadlines count from here, over all attempts but those that an outage ended. */
  countedFrom: Date;
}

/** Faults of the surroundings; the time they take is not the step's. */
const outages: readonly ProblemCode[] = ['cluster.unavailable', 'server.unavailable'];

/**
 * Marks an attempt as begun, and with the first one the operation as running.
 * @throws Problem 'operation.superseded' when the operation no longer owns its subject
 */
export async function enterStep(
  tx: Transaction,
  { operationId, name, attempt, undo }: { operationId: string; name: StepName; attempt: number; undo: boolean },
): Promise<Entered> {
  const now = new Date();
  const operation = await runningOperation(tx, operationId, now);
  if (undo) operation.phase = 'Compensating';

  // In one statement: a rollout takes thousands of steps.
  const [entered] = await tx.query<{ countedFrom: string; isFirst: boolean }>(
    `insert into operation_steps as s
       (tenant_id, operation_id, name, position, state, attempt, started_at, counted_from)
     values (?, ?, ?, (select count(*) + 1 from operation_steps where operation_id = ?), 'Running', ?, ?, ?)
     on conflict (tenant_id, operation_id, name) do update set
       state = excluded.state, attempt = excluded.attempt, next_attempt_at = null,
       counted_from = case when s.error ->> 'code' = any (?::text[]) then excluded.counted_from else s.counted_from end
     returning counted_from as "countedFrom", xmax = 0 as "isFirst"`,
    [operation.tenantId, operationId, name, operationId, attempt, now, now, `{${outages.join(',')}}`],
  );
  if (!entered) throw new Error(`the step ${name} was not entered`);
  // No event for another attempt: a step that waits for a cluster is tried every few seconds, and nobody learns anything.
  if (entered.isFirst) emitStep(tx, operation, name, 'Running');
  return { operation, countedFrom: new Date(entered.countedFrom) };
}

/** @throws Problem 'operation.superseded' when the operation no longer owns its subject */
async function runningOperation(tx: Transaction, operationId: string, now: Date): Promise<Operation> {
  const operation = await lockRow(tx, Operation, 'operations', operationId);
  if (!operation || !isActive(operation.phase)) throw new Problem('operation.superseded', operation?.phase);
  operation.startedAt ??= now;
  if (operation.phase === 'Accepted') operation.phase = 'Running';
  return operation;
}

/**
 * Marks a step as taken for which there is nothing to do. One that has begun is left to who began it.
 * @returns whether the step has succeeded, now or before
 * @throws Problem 'operation.superseded' when the operation no longer owns its subject
 */
export async function passStep(tx: Transaction, operationId: string, name: StepName): Promise<boolean> {
  const now = new Date();
  const operation = await runningOperation(tx, operationId, now);
  const passed = await tx.query<object>(
    `insert into operation_steps (tenant_id, operation_id, name, position, state, started_at, counted_from, ended_at)
     values (?, ?, ?, (select count(*) + 1 from operation_steps where operation_id = ?), 'Succeeded', ?, ?, ?)
     on conflict (tenant_id, operation_id, name) do nothing returning 1 as passed`,
    [operation.tenantId, operationId, name, operationId, now, now, now],
  );
  if (passed.length > 0) {
    emitStep(tx, operation, name, 'Succeeded');
    return true;
  }
  const [before] = await tx.query<{ state: StepState }>(
    'select state from operation_steps where operation_id = ? and name = ?',
    [operationId, name],
  );
  return before?.state === 'Succeeded';
}

/**
 * Marks how an attempt ended. An attempt whose operation was superseded, or that a newer attempt has overtaken, writes
 * nothing: it may have been stopped for long before it came to this.
 */
export async function leaveStep(
  tx: Transaction,
  { operationId, name, attempt }: { operationId: string; name: StepName; attempt: number },
  end: { state: StepState; error: StepError | null; nextAttemptAt?: Date },
): Promise<void> {
  const operation = await lockRow(tx, Operation, 'operations', operationId);
  if (!operation || !isActive(operation.phase)) return;
  const isOver = end.state === 'Succeeded' || end.state === 'Failed';
  const [left] = await tx.query<{ detail: string | null }>(
    `update operation_steps s set state = ?, error = ?, next_attempt_at = ?, ended_at = ? from operation_steps before
     where s.operation_id = ? and s.name = ? and s.attempt = ?
       and before.tenant_id = s.tenant_id and before.operation_id = s.operation_id and before.name = s.name
     returning before.error ->> 'detail' as detail`,
    [
      end.state,
      end.error && JSON.stringify(end.error),
      end.nextAttemptAt ?? null,
      isOver ? new Date() : null,
      operationId,
      name,
      attempt,
    ],
  );
  if (!left) return;
  const isNews = end.state !== 'Waiting' || left.detail !== (end.error?.detail ?? null);
  if (isNews) emitStep(tx, operation, name, end.state);
}

function emitStep(tx: Transaction, operation: Operation, step: StepName, state: StepState): void {
  emitOperation(tx, operation, { step, state });
}
