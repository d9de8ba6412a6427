import { Problem } from '../../../workflows/contracts/problem.ts';
import { isActive } from '../../../workflows/contracts/phases.ts';
import type { Outcome, StepError } from '../../../workflows/contracts/steps.ts';
import { settleInstance } from '../../instances/commands/settle-instance.ts';
import { lockInstance } from '../../instances/require-instance.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { settleTenant } from '../../tenants/commands/settle-tenant.ts';
import { requireOperation } from '../require-operation.ts';
import { onBehalfOf } from '../requester.ts';
import { emitOperation } from './request-operation.ts';

/**
 * Ends an operation: its row, its subject, the quota and the events, in one transaction. Safe to repeat.
 * @throws Problem 'operation.superseded' when a newer operation owns the subject; 'operation.unknown'
 */
export async function settleOperation(tx: Transaction, operationId: string, told: Outcome): Promise<void> {
  const operation = await requireOperation(tx, operationId);
  const instance = operation.instanceId ? await lockInstance(tx, operation.instanceId) : null;
  if (operation.phase === 'Superseded') throw new Problem('operation.superseded');
  if (!isActive(operation.phase)) return;

  const outcome = { ...told, error: told.error && (await inFull(tx, operationId, told.error)) };
  operation.phase = outcome.phase;
  operation.error = outcome.error;
  operation.endedAt = new Date();
  await tx.em.flush();
  if (instance) await settleInstance(tx, instance, operation, outcome);
  else await settleTenant(tx, operation, outcome);

  emitOperation(tx, operation);
  tx.audit({
    tenantId: operation.tenantId,
    ...onBehalfOf({ userId: operation.requestedBy ?? null, name: operation.requestedByName }),
    action: operation.kind,
    objectType: instance ? 'instance' : 'tenant',
    objectId: operation.instanceId ?? operation.tenantId,
    objectName: operation.subjectName,
    outcome: auditOutcomeOf(outcome),
    detail: outcome.error
      ? { code: outcome.error.code, ...(isDenied(outcome) && { reason: outcome.error.detail }) }
      : {},
    requestId: operation.requestId ?? null,
    operationId,
  });
}

/** Its next effect was refused: whoever asked for it had lost the right. */
const isDenied = ({ error }: Outcome): boolean => error?.code === 'access.denied';

function auditOutcomeOf(outcome: Outcome): 'succeeded' | 'failed' | 'denied' {
  if (outcome.phase === 'Succeeded') return 'succeeded';
  return isDenied(outcome) ? 'denied' : 'failed';
}

/** A run knows of a failure no more than its code: the words are with the step that failed. */
async function inFull(tx: Transaction, operationId: string, told: StepError): Promise<StepError> {
  const [step] = await tx.query<{ error: StepError }>(
    `select error from operation_steps where operation_id = ? and state = 'Failed' and error ->> 'code' = ?
     order by position limit 1`,
    [operationId, told.code],
  );
  return step?.error ?? told;
}
