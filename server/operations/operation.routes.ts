import { Problem } from '../../workflows/contracts/problem.ts';
import { byId } from '../http/fields.ts';
import { Instance } from '../instances/instance.entity.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { cancelOperation } from './commands/cancel-operation.ts';
import { retryOperation } from './commands/retry-operation.ts';
import { listOperations } from './list-operations.ts';
import { OperationStep } from './operation-step.entity.ts';
import { Operation } from './operation.entity.ts';
import { accepted, presentOperation, presentStep, type TemporalUi } from './operation.presenter.ts';
import { OperationAccepted, OperationAnswer, OperationList, OperationQuery } from './operation.schema.ts';
import { newestOperationOf } from './newest-operation.ts';
import { requesterOf } from './requester.ts';
import { permissionToRepeat } from './retryable.ts';

export interface OperationDeps {
  temporalUi: TemporalUi | null;
}

export const operationRoutes = ({ temporalUi }: OperationDeps): Route[] => [
  route({
    method: 'get',
    path: '/operations',
    operationId: 'listOperations',
    summary: 'Operations, the newest first',
    permission: 'operation:read',
    query: OperationQuery,
    responses: { 200: OperationList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, reach }) {
      const page = await listOperations(tx, reach(), input.query);
      return { status: 200, body: mapPage(page, (operation) => presentOperation(operation, caller, temporalUi)) };
    },
  }),
  route({
    method: 'get',
    path: '/operations/:id',
    operationId: 'getOperation',
    summary: 'One operation with its steps',
    permission: 'operation:read',
    params: byId,
    responses: { 200: OperationAnswer },
    errors: ['operation.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const { operation, on } = await visibleOperation(tx, input.params.id);
      authorize(on);
      const steps = await tx.em.find(OperationStep, { operationId: operation.id }, { orderBy: { position: 'asc' } });
      const newest = (await newestOperationOf(tx, operation)) === operation.id;
      return {
        status: 200,
        body: {
          ...presentOperation({ ...operation, newest, instanceCreatedBy: on.createdBy }, caller, temporalUi),
          steps: steps.map(presentStep),
        },
      };
    },
  }),
  route({
    method: 'post',
    path: '/operations/:id/cancel',
    operationId: 'cancelOperation',
    summary: 'Stop a running operation and take back what it did',
    permission: 'operation:cancel',
    params: byId,
    responses: { 202: OperationAccepted },
    errors: ['operation.unknown', 'operation.ended', 'operation.not-cancellable'],
    async handle(context) {
      const { input, caller, tx, authorize } = context;
      authorize((await visibleOperation(tx, input.params.id)).on);
      return accepted(await cancelOperation(tx, input.params.id, requesterOf(context)), caller, temporalUi);
    },
  }),
  route({
    method: 'post',
    path: '/operations/:id/retry',
    operationId: 'retryOperation',
    summary: 'Try a failed or cancelled operation again, as a new one',
    permission: 'operation:retry',
    params: byId,
    responses: { 202: OperationAccepted },
    errors: [
      'operation.unknown',
      'operation.not-retryable',
      'instance.deleted',
      'instance.busy',
      'tenant.busy',
      'quota.exceeded',
    ],
    async handle(context) {
      const { input, caller, tx, authorize } = context;
      const { operation: failed, on } = await visibleOperation(tx, input.params.id);
      authorize(on);
      authorize(on, permissionToRepeat(failed));
      return accepted(await retryOperation(tx, input.params.id, requesterOf(context)), caller, temporalUi);
    },
  }),
];

/** With where a right to it is asked for: whoever made the instance may have rights of his own on it. */
async function visibleOperation(tx: Transaction, id: string) {
  const operation = await tx.em.findOne(Operation, { id });
  if (!operation) throw new Problem('operation.unknown');
  const { tenantId, projectId, instanceId } = operation;
  const instance = instanceId ? await tx.em.findOne(Instance, { id: instanceId }, { fields: ['createdBy'] }) : null;
  return { operation, on: { tenantId, projectId, createdBy: instance?.createdBy ?? null } };
}
