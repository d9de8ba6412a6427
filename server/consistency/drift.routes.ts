import { Problem } from '../../workflows/contracts/problem.ts';
import { byId } from '../http/fields.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requireInstance } from '../instances/require-instance.ts';
import { requesterOf } from '../operations/requester.ts';
import { DriftCheckAccepted, DriftList, DriftQuery, InstanceDrift } from './drift.schema.ts';
import { listDrifts, presentDrift, readDrift } from './list-drifts.ts';

export interface DriftDeps {
  /** Begins a comparison of one instance. Rejects when it could not be begun. */
  checkDrift: (instanceId: string) => Promise<void>;
}

export const driftRoutes = ({ checkDrift }: DriftDeps): Route[] => [
  route({
    method: 'get',
    path: '/drifts',
    operationId: 'listDrifts',
    summary: 'What instances run, compared with what they should',
    permission: 'drift:read',
    query: DriftQuery,
    responses: { 200: DriftList },
    errors: ['request.cursor-invalid'],
    async handle({ input, tx, reach }) {
      return { status: 200, body: mapPage(await listDrifts(tx, reach(), input.query), presentDrift) };
    },
  }),
  route({
    method: 'get',
    path: '/instances/:id/drift',
    operationId: 'getInstanceDrift',
    summary: 'The last comparison of an instance',
    permission: 'drift:read',
    params: byId,
    responses: { 200: InstanceDrift },
    errors: ['instance.unknown'],
    async handle({ input, tx, authorize }) {
      authorize(await requireInstance(tx, input.params.id));
      const row = await readDrift(tx, input.params.id);
      return { status: 200, body: { drift: row && presentDrift(row) } };
    },
  }),
  route({
    method: 'post',
    path: '/instances/:id/drift',
    operationId: 'checkInstanceDrift',
    summary: 'Compare an instance with what it should be, now',
    permission: 'drift:check',
    params: byId,
    responses: { 202: DriftCheckAccepted },
    errors: ['instance.unknown', 'instance.deleted', 'server.unavailable'],
    async handle(context) {
      const { input, tx, authorize } = context;
      const instance = await requireInstance(tx, input.params.id);
      authorize(instance);
      if (instance.deletedAt) throw new Problem('instance.deleted');
      const by = requesterOf(context);
      tx.audit({
        tenantId: instance.tenantId,
        actorId: by.userId,
        actorName: by.name,
        action: 'drift.check',
        objectType: 'instance',
        objectId: instance.id,
        objectName: instance.name,
        outcome: 'accepted',
        requestId: by.requestId,
      });
      await checkDrift(instance.id).catch((cause: unknown) => {
        throw new Problem('server.unavailable', 'Temporal does not answer', { cause });
      });
      const headers = { Location: `/api/v1/instances/${instance.id}/drift` };
      return { status: 202, body: { instanceId: instance.id }, headers };
    },
  }),
];
