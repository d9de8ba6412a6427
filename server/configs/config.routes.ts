import { Problem } from '../../workflows/contracts/problem.ts';
import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Answer, type Route, type RouteContext } from '../http/route.ts';
import { requireInstance } from '../instances/require-instance.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireProject } from '../projects/require-project.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { changeConfig } from './commands/change-config.ts';
import { createConfig } from './commands/create-config.ts';
import { deleteConfig } from './commands/delete-config.ts';
import {
  presentConfig,
  presentConfigSummary,
  presentConfigVersion,
  presentConfigVersionSummary,
} from './config.presenter.ts';
import {
  byConfigVersion,
  ConfigAnswer,
  ConfigChange,
  ConfigDiff,
  ConfigDiffQuery,
  ConfigList,
  ConfigQuery,
  ConfigValidation,
  ConfigVerdict,
  ConfigVersionAnswer,
  ConfigVersionList,
  ConfigVersionQuery,
  NewConfig,
} from './config.schema.ts';
import { diffConfig } from './diff-config.ts';
import { instancesAtVersion, listConfigVersions } from './list-config-versions.ts';
import { listConfigs } from './list-configs.ts';
import { publishRoutes } from './publish.routes.ts';
import { readConfig } from './read-config.ts';
import { requireConfig, requireConfigVersion } from './require-config.ts';
import { validateConfig } from './validate-config.ts';

const contentErrors = ['request.unfit', 'config.schema-invalid', 'config.value-locked', 'config.name-taken'] as const;

export const configRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/configs',
    operationId: 'listConfigs',
    summary: 'Configuration templates that the caller can see',
    permission: 'config:read',
    query: ConfigQuery,
    responses: { 200: ConfigList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, reach }) {
      const page = await listConfigs(tx, reach(), input.query);
      return { status: 200, body: mapPage(page, (row) => presentConfigSummary(row, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/configs',
    operationId: 'createConfig',
    summary: 'Create a configuration template of a tenant, or of one of its projects; its first version is a draft',
    permission: 'config:create',
    body: NewConfig,
    responses: { 201: ConfigAnswer },
    errors: [...contentErrors, 'tenant.unknown', 'tenant.busy', 'project.unknown', 'agent.kind-unknown'],
    async handle(context) {
      const { tx, input } = context;
      const { tenantId, projectId, ...wanted } = input.body;
      const tenant = await requireTenant(tx, tenantId);
      if (projectId) await requireProject(tx, projectId, tenantId);
      context.authorize({ tenantId, projectId });
      const { id } = await createConfig(tx, { ...wanted, tenant, projectId, by: requesterOf(context) });
      const answer = await show(context, id);
      return { ...answer, status: 201, headers: { ...answer.headers, Location: `/api/v1/configs/${id}` } };
    },
  }),
  route({
    method: 'get',
    path: '/configs/:id',
    operationId: 'getConfig',
    summary: 'One configuration template with its latest version',
    permission: 'config:read',
    params: byId,
    responses: { 200: ConfigAnswer },
    errors: ['config.unknown'],
    handle: (context) => show(context, context.input.params.id),
  }),
  route({
    method: 'put',
    path: '/configs/:id',
    operationId: 'changeConfig',
    summary: 'Rename or describe a template; changed content becomes its next version, a draft',
    permission: 'config:update',
    params: byId,
    body: ConfigChange,
    ifMatch: true,
    responses: { 200: ConfigAnswer },
    errors: [...contentErrors, 'config.unknown', 'config.retired', 'request.stale'],
    async handle(context) {
      const { tx, input, expectedGeneration } = context;
      const { id } = input.params;
      context.authorize(await requireConfig(tx, id));
      await changeConfig(tx, { ...input.body, id, expectedGeneration, by: requesterOf(context) });
      return show(context, id);
    },
  }),
  route({
    method: 'delete',
    path: '/configs/:id',
    operationId: 'deleteConfig',
    summary: 'Delete a template that nothing is bound to; one that was ever used is retired instead',
    permission: 'config:delete',
    params: byId,
    ifMatch: true,
    responses: { 204: null },
    errors: ['config.unknown', 'config.in-use', 'request.stale'],
    async handle(context) {
      const { tx, input, expectedGeneration } = context;
      const { id } = input.params;
      context.authorize(await requireConfig(tx, id));
      await deleteConfig(tx, { id, expectedGeneration, by: requesterOf(context) });
      return { status: 204 };
    },
  }),
  route({
    method: 'get',
    path: '/configs/:id/versions',
    operationId: 'listConfigVersions',
    summary: 'Versions of a template, the newest first',
    permission: 'config:read',
    params: byId,
    query: ConfigVersionQuery,
    responses: { 200: ConfigVersionList },
    errors: ['config.unknown', 'request.cursor-invalid'],
    async handle({ tx, input, reach }) {
      const { row } = await readConfig(tx, reach(), input.params.id);
      const page = await listConfigVersions(tx, row, input.query);
      return { status: 200, body: mapPage(page, presentConfigVersionSummary) };
    },
  }),
  route({
    method: 'get',
    path: '/configs/:id/versions/:version',
    operationId: 'getConfigVersion',
    summary: 'What a template says under one number',
    permission: 'config:read',
    params: byConfigVersion,
    responses: { 200: ConfigVersionAnswer },
    errors: ['config.unknown', 'config.version-unknown'],
    async handle({ tx, input, reach }) {
      const { row } = await readConfig(tx, reach(), input.params.id);
      const version = await requireConfigVersion(tx, row, input.params.version);
      return { status: 200, body: presentConfigVersion(version, await instancesAtVersion(tx, version)) };
    },
  }),
  route({
    method: 'get',
    path: '/configs/:id/diff',
    operationId: 'diffConfig',
    summary: 'What differs between two versions of a template, or revisions of instances',
    permission: 'config:read',
    params: byId,
    query: ConfigDiffQuery,
    responses: { 200: ConfigDiff },
    errors: ['config.unknown', 'config.version-unknown', 'instance.unknown'],
    async handle({ tx, input, reach, authorize }) {
      await readConfig(tx, reach(), input.params.id);
      const template = await requireConfig(tx, input.params.id);
      const body = await diffConfig(tx, template, input.query, (instance) => authorize(instance, 'instance:read'));
      return { status: 200, body };
    },
  }),
  route({
    method: 'post',
    path: '/configs/:id/validate',
    operationId: 'validateConfig',
    summary: 'Check and render a version, or content that is not saved yet; nothing is changed',
    permission: 'config:read',
    changesNothing: true,
    params: byId,
    body: ConfigValidation,
    responses: { 200: ConfigVerdict },
    errors: ['config.unknown', 'config.version-unknown', 'config.kind-mismatch', 'instance.unknown', 'project.unknown'],
    async handle({ tx, input, reach, authorize }) {
      const { id } = input.params;
      await readConfig(tx, reach(), id);
      const template = await requireConfig(tx, id);
      const { instanceId, projectId } = input.body;
      if (projectId) authorize(await placeOf(tx, projectId, template.tenantId), 'project:read');
      const instance = instanceId ? await requireInstance(tx, instanceId) : null;
      if (instance) authorize(instance, 'instance:read');
      if (instance && instance.tenantId !== template.tenantId) throw new Problem('instance.unknown');
      if (instance && instance.agentKind !== template.agentKind) throw new Problem('config.kind-mismatch');
      return { status: 200, body: await validateConfig(tx, template, input.body, instance) };
    },
  }),
  ...publishRoutes(),
];

async function placeOf(tx: RouteContext['tx'], projectId: string, tenantId: string) {
  const project = await requireProject(tx, projectId, tenantId);
  return { tenantId, projectId: project.id };
}

/** Also for who has just changed it: the right to change is held by none who may not read. */
async function show({ tx, caller }: RouteContext, id: string): Promise<Answer> {
  await tx.em.flush();
  const config = await readConfig(tx, caller.reach('config:read'), id);
  return { status: 200, body: presentConfig(config, caller), headers: etag(config.row.generation) };
}
