import { Problem } from '../../../workflows/contracts/problem.ts';
import { cancellableKinds } from '../../../workflows/contracts/operations.ts';
import { isActive } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { emitOperation } from './request-operation.ts';
import { requireOperation } from '../require-operation.ts';
import type { Operation } from '../operation.entity.ts';
import type { Requester } from '../requester.ts';

/**
 * Asks a running operation to stop and take back what it did. It ends `Cancelled` when that is done; the request is
 * kept in the row, so that it also reaches a run that Temporal cannot be told about now.
 * @throws Problem 'operation.unknown', 'operation.ended', 'operation.not-cancellable'
 */
export async function cancelOperation(tx: Transaction, id: string, by: Requester): Promise<Operation> {
  const operation = await requireOperation(tx, id);
  if (!isActive(operation.phase)) throw new Problem('operation.ended', operation.phase);
  if (!cancellableKinds.includes(operation.kind)) throw new Problem('operation.not-cancellable', operation.kind);
  const isRepeated = Boolean(operation.cancelRequestedAt);
  tx.audit({
    tenantId: operation.tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'operation.cancel',
    objectType: 'operation',
    objectId: id,
    objectName: operation.subjectName,
    outcome: 'accepted',
    detail: isRepeated ? { again: true } : {},
    requestId: by.requestId,
    operationId: id,
  });
  if (isRepeated) return operation;
  operation.cancelRequestedAt = new Date();
  emitOperation(tx, operation);
  tx.cancel(id);
  return operation;
}
