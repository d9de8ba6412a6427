import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { accepted, type TemporalUi } from '../operations/operation.presenter.ts';
import { OperationAccepted } from '../operations/operation.schema.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { changeQuota } from './commands/change-quota.ts';
import { presentQuota } from './quota.presenter.ts';
import { Limits, QuotaAnswer } from './quota.schema.ts';
import { quotaUse } from './quota-use.ts';
import { requireQuota } from './require-quota.ts';

export interface QuotaDeps {
  temporalUi: TemporalUi | null;
}

export const quotaRoutes = ({ temporalUi }: QuotaDeps): Route[] => [
  route({
    method: 'get',
    path: '/tenants/:id/quota',
    operationId: 'getQuota',
    summary: 'What a tenant may use and what it holds',
    permission: 'quota:read',
    params: byId,
    responses: { 200: QuotaAnswer },
    errors: ['tenant.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const { id } = await requireTenant(tx, input.params.id);
      authorize({ tenantId: id });
      const quota = await requireQuota(tx, id);
      return {
        status: 200,
        body: presentQuota(quota, await quotaUse(tx, id), caller),
        headers: etag(quota.generation),
      };
    },
  }),
  route({
    method: 'put',
    path: '/tenants/:id/quota',
    operationId: 'changeQuota',
    summary: 'Set a tenant’s limits, here and on the clusters where it has instances',
    permission: 'quota:update',
    params: byId,
    body: Limits,
    ifMatch: true,
    responses: { 200: QuotaAnswer, 202: OperationAccepted },
    errors: ['tenant.unknown', 'tenant.busy', 'quota.below-use', 'request.stale'],
    async handle(context) {
      const { input, tx, caller, expectedGeneration } = context;
      const { id: tenantId } = await requireTenant(tx, input.params.id);
      context.authorize({ tenantId });
      const by = requesterOf(context);
      const changed = await changeQuota(tx, { tenantId, expectedGeneration, limits: input.body, by });
      if (changed.operation) return accepted(changed.operation, caller, temporalUi);
      const body = presentQuota(changed.quota, changed.used, caller);
      return { status: 200, body, headers: etag(changed.quota.generation) };
    },
  }),
];
