import { isActive, type StepState } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { StepError, StepName } from '../../workflows/contracts/steps.ts';
import { Operation } from '../../server/operations/operation.entity.ts';
import { emitOperation } from '../../server/operations/commands/request-operation.ts';
import { OperationStep } from '../../server/operations/operation-step.entity.ts';
import { lockRow } from '../../server/persistence/lock-row.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';

export interface Entered {
  operation: Operation;
  /** Of the first attempt: deadlines outlive the attempt that set them. */
  startedAt: Date;
}

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
  if (step) {
    step.state = 'Running';
    step.attempt = attempt;
    step.nextAttemptAt = null;
  } else {
    const position = (await tx.em.count(OperationStep, { operationId })) + 1;
    tx.em.create(OperationStep, {
      tenantId: operation.tenantId,
      operationId,
      name,
      position,
      state: 'Running',
      attempt,
      startedAt: new Date(),
    });
  }
  emitStep(tx, operation, name, 'Running');
  return { operation, startedAt: step?.startedAt ?? new Date() };
}

/** Marks how an attempt ended. A superseded operation's steps keep what they had come to. */
export async function leaveStep(
  tx: Transaction,
  { operationId, name }: { operationId: string; name: StepName },
  end: { state: StepState; error: StepError | null; nextAttemptAt?: Date },
): Promise<void> {
  const operation = await tx.em.findOneOrFail(Operation, { id: operationId });
  const step = await tx.em.findOneOrFail(OperationStep, { operationId, name });
  step.state = end.state;
  step.error = end.error;
  step.nextAttemptAt = end.nextAttemptAt ?? null;
  step.endedAt = end.state === 'Succeeded' || end.state === 'Failed' ? new Date() : null;
  emitStep(tx, operation, name, end.state);
}

function emitStep(tx: Transaction, operation: Operation, step: StepName, state: StepState): void {
  emitOperation(tx, operation, { step, state });
}
