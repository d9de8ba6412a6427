import { cancellableKinds, workflowIdOf } from '../../workflows/contracts/operations.ts';
import { isActive } from '../../workflows/contracts/phases.ts';
import type { Caller } from '../access/caller.ts';
import { timeOf } from '../http/fields.ts';
import type { Answer } from '../http/route.ts';
import type { OperationStep } from './operation-step.entity.ts';
import type { Operation } from './operation.entity.ts';
import { isRetryable, permissionToRepeat } from './retryable.ts';
import type { OperationStepAnswer, OperationSummary } from './operation.schema.ts';

/** Where Temporal UI is, for the links; null where operators have none. */
export interface TemporalUi {
  url: string;
  namespace: string;
}

export type OperationRow = Omit<
  Operation,
  'createdAt' | 'startedAt' | 'endedAt' | 'cancelRequestedAt' | 'tenantName'
> & {
  /** Of its subject. */
  newest: boolean;
  /** Who made the instance, where it is known: he may have rights on what is his own. */
  instanceCreatedBy?: string | null;
  createdAt: Date | string;
  startedAt?: Date | string | null;
  endedAt?: Date | string | null;
  cancelRequestedAt?: Date | string | null;
};

const orNull = (time: Date | string | null | undefined): string | null => (time ? timeOf(time) : null);

export const presentOperation = (
  operation: OperationRow,
  caller: Caller,
  temporalUi: TemporalUi | null,
): OperationSummary => ({
  id: operation.id,
  tenantId: operation.tenantId,
  projectId: operation.projectId ?? null,
  instanceId: operation.instanceId ?? null,
  subjectName: operation.subjectName,
  kind: operation.kind,
  phase: operation.phase,
  generation: operation.generation,
  revision: operation.revision ?? null,
  previousRevision: operation.previousRevision ?? null,
  error: operation.error ?? null,
  retryOf: operation.retryOf ?? null,
  supersededBy: operation.supersededBy ?? null,
  requestedBy: operation.requestedByName,
  requestId: operation.requestId ?? null,
  cancelRequestedAt: orNull(operation.cancelRequestedAt),
  createdAt: timeOf(operation.createdAt),
  startedAt: orNull(operation.startedAt),
  endedAt: orNull(operation.endedAt),
  temporalUrl: temporalUrlOf(operation.id, caller, temporalUi),
  permissions: permissionsOn(operation, caller),
});

export const presentStep = (step: OperationStep): OperationStepAnswer => ({
  name: step.name,
  position: step.position,
  state: step.state,
  attempt: step.attempt,
  error: step.error ?? null,
  startedAt: timeOf(step.startedAt),
  endedAt: orNull(step.endedAt),
  nextAttemptAt: orNull(step.nextAttemptAt),
});

/** 202 with the operation and where to follow it. */
export const accepted = (operation: Operation, caller: Caller, temporalUi: TemporalUi | null): Answer => ({
  status: 202,
  body: presentOperation({ ...operation, newest: true }, caller, temporalUi),
  headers: { Location: `/api/v1/operations/${operation.id}` },
});

function temporalUrlOf(id: string, caller: Caller, temporalUi: TemporalUi | null): string | null {
  if (!temporalUi || !caller.can('temporal:read', 'platform')) return null;
  const { url, namespace } = temporalUi;
  return `${url}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowIdOf(id))}`;
}

function permissionsOn(operation: OperationRow, caller: Caller): string[] {
  const { tenantId, projectId, kind, phase, instanceCreatedBy: createdBy } = operation;
  const on = { tenantId, projectId, createdBy };
  const can: string[] = [];
  if (isActive(phase) && cancellableKinds.includes(kind) && caller.can('operation:cancel', on)) {
    can.push('operation:cancel');
  }
  const mayRepeat = caller.can('operation:retry', on) && caller.can(permissionToRepeat(operation), on);
  if (isRetryable(operation) && mayRepeat) can.push('operation:retry');
  return can;
}
