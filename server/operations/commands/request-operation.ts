import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { OperationKind, supersedes } from '../../../workflows/contracts/operations.ts';
import { activeOperationPhases } from '../../../workflows/contracts/phases.ts';
import { returnToRevision } from '../../instances/commands/return-to-revision.ts';
import type { Instance } from '../../instances/instance.entity.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { OperationStep } from '../operation-step.entity.ts';
import { Operation, type OperationInputRecord } from '../operation.entity.ts';
import { onBehalfOf, type Requester } from '../requester.ts';

export interface RequestOperation {
  kind: OperationKind;
  tenant: { id: string; name: string };
  /** Locked by the caller (`for update`); its generation moves on. Left out for operations on the tenant itself. */
  instance?: Instance;
  input?: OperationInputRecord;
  revision?: number;
  previousRevision?: number;
  retryOf?: string;
  rolloutId?: string;
  /** For auditors, of an update: what it found and what it leaves. */
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  by: Requester;
}

/**
 * Books one durable change. The row is the lock on the instance (or tenant): the loser of two requests gets
 * 'instance.busy' with the winner's id, while kill and delete take the lock over and end the older one `Superseded`
 * (see `supersedes`).
 * The workflow is started after the commit; the observer starts it where that was lost.
 * @throws Problem 'instance.busy', 'tenant.busy'
 */
export async function requestOperation(tx: Transaction, request: RequestOperation): Promise<Operation> {
  const { kind, tenant, instance, by } = request;
  const id = uuidv7();
  await makeWay(tx, request, id);

  if (instance) instance.generation += 1;
  const operation = tx.em.create(Operation, {
    tenantId: tenant.id,
    id,
    projectId: instance?.projectId ?? null,
    instanceId: instance?.id ?? null,
    kind,
    phase: 'Accepted',
    generation: instance?.generation ?? 0,
    tenantName: tenant.name,
    subjectName: instance?.name ?? tenant.name,
    input: request.input ?? {},
    revision: request.revision ?? instance?.revision ?? null,
    previousRevision: request.previousRevision ?? null,
    rolloutId: request.rolloutId ?? null,
    retryOf: request.retryOf ?? null,
    requestedBy: by.userId,
    requestedByName: by.name,
    requestId: by.requestId,
    createdAt: new Date(),
  });
  tx.audit({
    tenantId: tenant.id,
    ...(request.rolloutId ? onBehalfOf(by) : { actorId: by.userId, actorName: by.name }),
    action: kind,
    objectType: instance ? 'instance' : 'tenant',
    objectId: instance?.id ?? tenant.id,
    objectName: operation.subjectName,
    outcome: 'accepted',
    detail: { ...operation.input, revision: operation.revision },
    before: request.before ?? null,
    after: request.after ?? null,
    requestId: by.requestId,
    operationId: id,
  });
  emitOperation(tx, operation);
  tx.start(operation, instance?.clusterId ?? null);
  return operation;
}

/**
 * For commands that would otherwise find another fault first, which the running operation may be the cause of.
 * @throws Problem 'instance.busy' with the id of the operation that runs
 */
export async function refuseWhileBusy(tx: Transaction, { tenantId, id }: Instance): Promise<void> {
  const active = await activeOperationOf(tx, tenantId, id);
  if (active) throw busyWith(active);
}

const activeOperationOf = (tx: Transaction, tenantId: string, instanceId?: string): Promise<Operation | null> =>
  tx.em.findOne(Operation, {
    tenantId,
    instanceId: instanceId ?? null,
    phase: { $in: [...activeOperationPhases] },
  });

const busyWith = ({ id, instanceId, kind, phase }: Operation): Problem =>
  new Problem(instanceId ? 'instance.busy' : 'tenant.busy', `${kind} (${phase})`, { extra: { operationId: id } });

async function makeWay(tx: Transaction, { kind, tenant, instance }: RequestOperation, id: string): Promise<void> {
  const active = await activeOperationOf(tx, tenant.id, instance?.id);
  if (!active) return;
  if (!supersedes(kind, active.kind)) throw busyWith(active);
  if (instance) await leaveUnswapped(tx, instance, active);
  active.phase = 'Superseded';
  active.supersededBy = id;
  active.endedAt = new Date();
  emitOperation(tx, active);
  // The partial unique index sees statements, not intentions: the older row must give way before the newer comes.
  await tx.em.flush();
}

/**
 * A change of version that has not come to its swap leaves the instance at the version that it had: a later start must
 * not make up for the swap without a copy of the state.
 */
async function leaveUnswapped(
  tx: Transaction,
  instance: Instance,
  { id, kind, previousRevision }: Operation,
): Promise<void> {
  const changesVersion = kind === OperationKind.InstanceUpgrade || kind === OperationKind.InstanceRollback;
  if (!changesVersion || !previousRevision) return;
  // Steps are begun under this lock.
  await lockRow(tx, Operation, 'operations', id);
  const swaps = await tx.em.count(OperationStep, { operationId: id, name: 'applyRevision' });
  if (swaps === 0) await returnToRevision(tx, instance, previousRevision);
}

export function emitOperation(tx: Transaction, operation: Operation, more: Record<string, unknown> = {}): void {
  tx.emit({
    type: 'operation.changed',
    tenantId: operation.tenantId,
    projectId: operation.projectId,
    instanceId: operation.instanceId,
    operationId: operation.id,
    actorName: operation.requestedByName,
    data: { kind: operation.kind, phase: operation.phase, name: operation.subjectName, ...more },
  });
}
