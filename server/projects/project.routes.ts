import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { changeProject } from './commands/change-project.ts';
import { createProject } from './commands/create-project.ts';
import { deleteProject } from './commands/delete-project.ts';
import { listProjects } from './list-projects.ts';
import { presentProject } from './project.presenter.ts';
import { NewProject, ProjectAnswer, ProjectChange, ProjectList, ProjectQuery } from './project.schema.ts';
import { requireProject } from './require-project.ts';

export const projectRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/projects',
    operationId: 'listProjects',
    summary: 'Projects that the caller can see',
    permission: 'project:read',
    query: ProjectQuery,
    responses: { 200: ProjectList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, reach }) {
      const page = await listProjects(tx, reach(), input.query);
      return { status: 200, body: mapPage(page, (project) => presentProject(project, project.tenantName, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/projects',
    operationId: 'createProject',
    summary: 'Create a project in a tenant',
    permission: 'project:create',
    body: NewProject,
    responses: { 201: ProjectAnswer },
    errors: ['tenant.unknown', 'tenant.busy', 'project.name-taken'],
    async handle(context) {
      const { tenantId, ...wanted } = context.input.body;
      const tenant = await requireTenant(context.tx, tenantId);
      context.authorize({ tenantId });
      const project = await createProject(context.tx, { ...wanted, tenant, by: requesterOf(context) });
      return {
        status: 201,
        body: presentProject(project, tenant.name, context.caller),
        headers: { ...etag(project.generation), Location: `/api/v1/projects/${project.id}` },
      };
    },
  }),
  route({
    method: 'get',
    path: '/projects/:id',
    operationId: 'getProject',
    summary: 'One project',
    permission: 'project:read',
    params: byId,
    responses: { 200: ProjectAnswer },
    errors: ['project.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const project = await requireProject(tx, input.params.id);
      authorize({ tenantId: project.tenantId, projectId: project.id });
      const tenant = await requireTenant(tx, project.tenantId);
      const body = presentProject(project, tenant.name, caller);
      return { status: 200, body, headers: etag(project.generation) };
    },
  }),
  route({
    method: 'put',
    path: '/projects/:id',
    operationId: 'changeProject',
    summary: 'Change a project’s names',
    permission: 'project:update',
    params: byId,
    body: ProjectChange,
    ifMatch: true,
    responses: { 200: ProjectAnswer },
    errors: ['project.unknown', 'project.name-taken', 'request.stale'],
    async handle(context) {
      const { input, caller, tx, expectedGeneration } = context;
      const { id, tenantId } = await requireProject(tx, input.params.id);
      context.authorize({ tenantId, projectId: id });
      const tenant = await requireTenant(tx, tenantId);
      const project = await changeProject(tx, { ...input.body, id, expectedGeneration, by: requesterOf(context) });
      const body = presentProject(project, tenant.name, caller);
      return { status: 200, body, headers: etag(project.generation) };
    },
  }),
  route({
    method: 'delete',
    path: '/projects/:id',
    operationId: 'deleteProject',
    summary: 'Delete an empty project and its secrets',
    permission: 'project:delete',
    params: byId,
    ifMatch: true,
    responses: { 204: null },
    errors: ['project.unknown', 'project.not-empty', 'request.stale'],
    async handle(context) {
      const { id, tenantId } = await requireProject(context.tx, context.input.params.id);
      context.authorize({ tenantId, projectId: id });
      await deleteProject(context.tx, {
        id,
        expectedGeneration: context.expectedGeneration,
        by: requesterOf(context),
      });
      return { status: 204 };
    },
  }),
];
