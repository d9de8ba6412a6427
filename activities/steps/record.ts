import { isActive, type StepState } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import type { StepError, StepName } from '../../workflows/contracts/steps.ts';
import { Operation } from '../../server/operations/operation.entity.ts';
import { emitOperation } from '../../server/operations/commands/request-operation.ts';
import { OperationStep } from '../../server/operations/operation-step.entity.ts';
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
  const operation = await lockRow(tx, Operation, 'operations', operationId);
  if (!operation || !isActive(operation.phase)) throw new Problem('operation.superseded', operation?.phase);
  operation.startedAt ??= new Date();
  if (operation.phase === 'Accepted') operation.phase = 'Running';
  if (undo) operation.phase = 'Compensating';

  const step = await tx.em.findOne(OperationStep, { operationId, name });
  const now = new Date();
  if (step) {
    // No event: a step that waits for a cluster is tried every few seconds, and nobody learns anything from it.
    const afterOutage = step.error !== null && step.error !== undefined && outages.includes(step.error.code);
    if (afterOutage) step.countedFrom = now;
    step.state = 'Running';
    step.attempt = attempt;
    step.nextAttemptAt = null;
    return { operation, countedFrom: step.countedFrom };
  }
  tx.em.create(OperationStep, {
    tenantId: operation.tenantId,
    operationId,
    name,
    position: (await tx.em.count(OperationStep, { operationId })) + 1,
    state: 'Running',
    attempt,
    startedAt: now,
    countedFrom: now,
  });
  emitStep(tx, operation, name, 'Running');
  return { operation, countedFrom: now };
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
  const step = await tx.em.findOneOrFail(OperationStep, { operationId, name });
  if (step.attempt !== attempt) return;
  const isNews = end.state !== 'Waiting' || step.error?.detail !== end.error?.detail;
  step.state = end.state;
  step.error = end.error;
  step.nextAttemptAt = end.nextAttemptAt ?? null;
  step.endedAt = end.state === 'Succeeded' || end.state === 'Failed' ? new Date() : null;
  if (isNews) emitStep(tx, operation, name, end.state);
}

function emitStep(tx: Transaction, operation: Operation, step: StepName, state: StepState): void {
  emitOperation(tx, operation, { step, state });
}
