import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireProject } from '../projects/require-project.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { changeSecret } from './commands/change-secret.ts';
import { createSecret } from './commands/create-secret.ts';
import { deleteSecret } from './commands/delete-secret.ts';
import { listSecrets } from './list-secrets.ts';
import { requireSecret } from './require-secret.ts';
import type { SealingKey } from './sealing-key.ts';
import { presentSecret } from './secret.presenter.ts';
import { NewSecret, SecretAnswer, SecretChange, SecretList, SecretQuery } from './secret.schema.ts';
import { secretUsers } from './secret-users.ts';

export interface SecretDeps {
  sealingKey: () => SealingKey;
}

export const secretRoutes = ({ sealingKey }: SecretDeps): Route[] => [
  route({
    method: 'get',
    path: '/secrets',
    operationId: 'listSecrets',
    summary: 'Secrets and who uses them, never their values',
    permission: 'secret:read',
    looksInto: 'secrets',
    query: SecretQuery,
    responses: { 200: SecretList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, reach }) {
      const page = await listSecrets(tx, reach(), input.query);
      return { status: 200, body: mapPage(page, ({ secret, users }) => presentSecret(secret, users, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/secrets',
    operationId: 'createSecret',
    summary: 'Keep a secret for a project, or for all projects of a tenant',
    permission: 'secret:create',
    body: NewSecret,
    responses: { 201: SecretAnswer },
    errors: ['tenant.unknown', 'tenant.busy', 'project.unknown', 'secret.name-taken'],
    async handle(context) {
      const { tx, caller } = context;
      const { tenantId, projectId, ...wanted } = context.input.body;
      const tenant = await requireTenant(tx, tenantId);
      if (projectId) await requireProject(tx, projectId, tenantId);
      context.authorize({ tenantId, projectId });
      const by = requesterOf(context);
      const secret = await createSecret(tx, sealingKey(), { ...wanted, tenant, projectId, by });
      return {
        status: 201,
        body: presentSecret(secret, undefined, caller),
        headers: { ...etag(secret.generation), Location: `/api/v1/secrets/${secret.id}` },
      };
    },
  }),
  route({
    method: 'put',
    path: '/secrets/:id',
    operationId: 'changeSecret',
    summary: 'Give a secret a new value',
    permission: 'secret:update',
    params: byId,
    body: SecretChange,
    ifMatch: true,
    responses: { 200: SecretAnswer },
    errors: ['secret.unknown', 'request.stale'],
    async handle(context) {
      const { input, caller, tx, expectedGeneration } = context;
      const { id } = input.params;
      context.authorize(await requireSecret(tx, id));
      const by = requesterOf(context);
      const secret = await changeSecret(tx, sealingKey(), { ...input.body, id, expectedGeneration, by });
      const users = await secretUsers(tx, [id]);
      return { status: 200, body: presentSecret(secret, users.get(id), caller), headers: etag(secret.generation) };
    },
  }),
  route({
    method: 'delete',
    path: '/secrets/:id',
    operationId: 'deleteSecret',
    summary: 'Delete a secret that nothing uses',
    permission: 'secret:delete',
    params: byId,
    ifMatch: true,
    responses: { 204: null },
    errors: ['secret.unknown', 'secret.in-use', 'request.stale'],
    async handle(context) {
      const { id } = context.input.params;
      context.authorize(await requireSecret(context.tx, id));
      const { expectedGeneration } = context;
      await deleteSecret(context.tx, { id, expectedGeneration, by: requesterOf(context) });
      return { status: 204 };
    },
  }),
];
