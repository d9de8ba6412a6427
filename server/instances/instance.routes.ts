import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { accepted, type TemporalUi } from '../operations/operation.presenter.ts';
import { OperationAccepted } from '../operations/operation.schema.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireProject } from '../projects/require-project.ts';
import type { SealingKey } from '../secrets/sealing-key.ts';
import { createInstance } from './commands/create-instance.ts';
import { deleteInstance } from './commands/delete-instance.ts';
import { updateInstance } from './commands/update-instance.ts';
import { presentInstance, presentInstanceSummary } from './instance.presenter.ts';
import {
  DeleteInstanceQuery,
  InstanceAnswer,
  InstanceChange,
  InstanceList,
  InstancePreview,
  InstancePreviewRequest,
  InstanceQuery,
  NewInstance,
} from './instance.schema.ts';
import { listInstances } from './list-instances.ts';
import { previewInstance } from './preview-instance.ts';
import { readInstance } from './read-instance.ts';
import { requireInstance } from './require-instance.ts';
import { verbRoutes } from './verb.routes.ts';

export interface InstanceDeps {
  /** Read when first used, so that the document of the API needs no key. */
  sealingKey: () => SealingKey;
  temporalUi: TemporalUi | null;
}

const placeErrors = [
  'cluster.unknown',
  'cluster.not-for-tenant',
  'cluster.not-ready',
  'cluster.cordoned',
  'cluster.full',
  'cluster.none-fits',
] as const;

const planErrors = [
  'request.unfit',
  'agent.configuration-refused',
  'agent.configuration-owned',
  'agent.version-unknown',
  'agent.version-unfit',
  'secret.reference-unknown',
  'config.unknown',
  'config.version-unknown',
  'config.version-retired',
  'config.not-published',
  'config.retired',
  'config.kind-mismatch',
  'config.variables-invalid',
  'config.value-locked',
] as const;

export const instanceRoutes = ({ sealingKey, temporalUi }: InstanceDeps): Route[] => [
  route({
    method: 'get',
    path: '/instances',
    operationId: 'listInstances',
    summary: 'Instances that the caller can see',
    permission: 'instance:read',
    query: InstanceQuery,
    responses: { 200: InstanceList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, reach }) {
      const page = await listInstances(tx, reach(), input.query);
      return { status: 200, body: mapPage(page, (row) => presentInstanceSummary(row, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/instances',
    operationId: 'createInstance',
    summary: 'Create an instance; the operation that is answered provisions it',
    permission: 'instance:create',
    body: NewInstance,
    responses: { 202: OperationAccepted },
    errors: [
      ...planErrors,
      ...placeErrors,
      'project.unknown',
      'agent.version-withdrawn',
      'instance.name-taken',
      'quota.exceeded',
      'tenant.busy',
    ],
    async handle(context) {
      const { input, caller, tx, authorize } = context;
      const { tenantId, id } = await requireProject(tx, input.body.projectId);
      authorize({ tenantId, projectId: id });
      const { operation } = await createInstance(tx, sealingKey(), { ...input.body, by: requesterOf(context) });
      return accepted(operation, caller, temporalUi);
    },
  }),
  route({
    method: 'post',
    path: '/instances/preview',
    operationId: 'previewInstance',
    summary: 'What a creation or a change would render, mean for the process, and cost in quota',
    permission: 'instance:create',
    changesNothing: true,
    body: InstancePreviewRequest,
    responses: { 200: InstancePreview },
    errors: [...planErrors, 'cluster.unknown', 'project.unknown', 'instance.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const project = await requireProject(tx, input.body.projectId);
      authorize({ tenantId: project.tenantId, projectId: project.id });
      return { status: 200, body: await previewInstance(tx, project, input.body, caller) };
    },
  }),
  route({
    method: 'get',
    path: '/instances/:id',
    operationId: 'getInstance',
    summary: 'One instance: desired, observed, and the operation that runs',
    permission: 'instance:read',
    params: byId,
    responses: { 200: InstanceAnswer },
    errors: ['instance.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const row = await readInstance(tx, input.params.id);
      authorize(row);
      return { status: 200, body: presentInstance(row, caller), headers: etag(row.generation) };
    },
  }),
  route({
    method: 'put',
    path: '/instances/:id',
    operationId: 'updateInstance',
    summary: 'Replace labels and configuration; what renders to the same bytes makes no operation (200)',
    permission: 'instance:update',
    params: byId,
    body: InstanceChange,
    ifMatch: true,
    responses: { 200: InstanceAnswer, 202: OperationAccepted },
    errors: [
      ...planErrors,
      'instance.unknown',
      'instance.deleted',
      'instance.busy',
      'instance.state-conflict',
      'instance.storage-shrinks',
      'agent.version-withdrawn',
      'quota.exceeded',
      'tenant.busy',
      'request.stale',
    ],
    async handle(context) {
      const { input, caller, tx, authorize, expectedGeneration } = context;
      authorize(await requireInstance(tx, input.params.id));
      const { operation } = await updateInstance(tx, {
        id: input.params.id,
        expectedGeneration,
        ...input.body,
        by: requesterOf(context),
      });
      if (operation) return accepted(operation, caller, temporalUi);
      await tx.em.flush();
      const row = await readInstance(tx, input.params.id);
      return { status: 200, body: presentInstance(row, caller), headers: etag(row.generation) };
    },
  }),
  route({
    method: 'delete',
    path: '/instances/:id',
    operationId: 'deleteInstance',
    summary: 'Delete an instance, superseding what runs; its volume is kept unless a purge is confirmed',
    permission: 'instance:delete',
    params: byId,
    query: DeleteInstanceQuery,
    ifMatch: true,
    responses: { 202: OperationAccepted },
    errors: [
      'instance.unknown',
      'instance.deleted',
      'instance.busy',
      'instance.purge-unconfirmed',
      'access.denied',
      'request.stale',
    ],
    async handle(context) {
      const { input, caller, tx, authorize, expectedGeneration } = context;
      const instance = await requireInstance(tx, input.params.id);
      authorize(instance);
      if (input.query.purge) authorize(instance, 'instance:purge');
      const order = { id: input.params.id, expectedGeneration, ...input.query, confirm: input.query.confirm };
      return accepted(await deleteInstance(tx, { ...order, by: requesterOf(context) }), caller, temporalUi);
    },
  }),
  ...verbRoutes(temporalUi),
];
