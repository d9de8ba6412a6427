import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { accepted, type TemporalUi } from '../operations/operation.presenter.ts';
import { OperationAccepted } from '../operations/operation.schema.ts';
import { requesterOf } from '../operations/requester.ts';
import { changeTenant } from './commands/change-tenant.ts';
import { createTenant } from './commands/create-tenant.ts';
import { deleteTenant } from './commands/delete-tenant.ts';
import { listTenants } from './list-tenants.ts';
import { requireTenant } from './require-tenant.ts';
import { presentTenant } from './tenant.presenter.ts';
import { NewTenant, TenantAnswer, TenantChange, TenantList, TenantQuery } from './tenant.schema.ts';

export interface TenantDeps {
  temporalUi: TemporalUi | null;
}

export const tenantRoutes = ({ temporalUi }: TenantDeps): Route[] => [
  route({
    method: 'get',
    path: '/tenants',
    operationId: 'listTenants',
    summary: 'Tenants that the caller can see',
    permission: 'tenant:read',
    query: TenantQuery,
    responses: { 200: TenantList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, reach }) {
      const page = await listTenants(tx, reach(), input.query);
      return { status: 200, body: mapPage(page, (tenant) => presentTenant(tenant, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/tenants',
    operationId: 'createTenant',
    summary: 'Create a tenant with its quota',
    permission: 'tenant:create',
    body: NewTenant,
    responses: { 201: TenantAnswer },
    errors: ['tenant.name-taken'],
    async handle(context) {
      context.authorize('platform');
      const tenant = await createTenant(context.tx, { ...context.input.body, by: requesterOf(context) });
      return {
        status: 201,
        body: presentTenant(tenant, context.caller),
        headers: { ...etag(tenant.generation), Location: `/api/v1/tenants/${tenant.id}` },
      };
    },
  }),
  route({
    method: 'get',
    path: '/tenants/:id',
    operationId: 'getTenant',
    summary: 'One tenant',
    permission: 'tenant:read',
    params: byId,
    responses: { 200: TenantAnswer },
    errors: ['tenant.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const tenant = await requireTenant(tx, input.params.id);
      authorize({ tenantId: tenant.id });
      return { status: 200, body: presentTenant(tenant, caller), headers: etag(tenant.generation) };
    },
  }),
  route({
    method: 'put',
    path: '/tenants/:id',
    operationId: 'changeTenant',
    summary:
      'Change a tenant’s display name; its name is unique among all tenants, so that only the platform changes it',
    permission: 'tenant:update',
    params: byId,
    body: TenantChange,
    ifMatch: true,
    responses: { 200: TenantAnswer },
    errors: ['tenant.unknown', 'tenant.busy', 'tenant.name-taken', 'request.stale'],
    async handle(context) {
      const { input, tx, expectedGeneration } = context;
      const { id, name } = await requireTenant(tx, input.params.id);
      context.authorize({ tenantId: id });
      // Whether a name is taken would tell which other tenants there are.
      if (input.body.name !== name) context.authorize('platform');
      const tenant = await changeTenant(tx, { ...input.body, id, expectedGeneration, by: requesterOf(context) });
      return { status: 200, body: presentTenant(tenant, context.caller), headers: etag(tenant.generation) };
    },
  }),
  route({
    method: 'delete',
    path: '/tenants/:id',
    operationId: 'deleteTenant',
    summary: 'Delete an empty tenant and its space on every cluster',
    permission: 'tenant:delete',
    params: byId,
    ifMatch: true,
    responses: { 202: OperationAccepted },
    errors: ['tenant.unknown', 'tenant.busy', 'tenant.not-empty', 'request.stale'],
    async handle(context) {
      const { input, tx, expectedGeneration } = context;
      const { id } = await requireTenant(tx, input.params.id);
      context.authorize({ tenantId: id });
      const operation = await deleteTenant(tx, { id, expectedGeneration, by: requesterOf(context) });
      return accepted(operation, context.caller, temporalUi);
    },
  }),
];
