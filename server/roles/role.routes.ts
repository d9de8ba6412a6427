import { isPermission, permissions } from '../access/permissions.ts';
import type { Rights } from '../access/rights.ts';
import { composable, memberRoles } from '../access/roles.ts';
import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { changeRole } from './commands/change-role.ts';
import { createRole } from './commands/create-role.ts';
import { deleteRole } from './commands/delete-role.ts';
import { requireGrantable } from './require-grantable.ts';
import { lockRole, lockRoleAndNames, requireRole } from './require-role.ts';
import { CustomRole } from './role.entity.ts';
import { presentBuiltIn, presentRole } from './role.presenter.ts';
import { NewRole, PermissionCatalogue, RoleAnswer, RoleChange, RoleList, RoleQuery } from './role.schema.ts';

export interface RoleDeps {
  rights: Rights;
}

export const roleRoutes = ({ rights }: RoleDeps): Route[] => [
  route({
    method: 'get',
    path: '/permissions',
    operationId: 'listPermissions',
    summary: 'The catalogue of rights',
    permission: 'signed-in',
    responses: { 200: PermissionCatalogue },
    handle: async () => ({ status: 200, body: wholePage(permissions.map(presentPermission)) }),
  }),
  route({
    method: 'get',
    path: '/roles',
    operationId: 'listRoles',
    summary: 'The roles that can be held in a tenant: the built-in ones, then its own by name',
    permission: 'role:read',
    query: RoleQuery,
    responses: { 200: RoleList },
    errors: ['request.not-found'],
    async handle({ input: { query }, caller, tx, authorize }) {
      const on = { tenantId: query.tenantId, projectId: query.projectId ?? null };
      authorize(on);
      const own = await tx.em.find(CustomRole, { tenantId: on.tenantId }, { orderBy: { name: 'asc' } });
      const builtIn = memberRoles.map((role) => presentBuiltIn(role, rights.builtIn, caller, on));
      return { status: 200, body: wholePage([...builtIn, ...own.map((role) => presentRole(role, caller, on))]) };
    },
  }),
  route({
    method: 'post',
    path: '/roles',
    operationId: 'createRole',
    summary: 'Compose a role of rights that the caller holds himself',
    permission: 'role:create',
    body: NewRole,
    responses: { 201: RoleAnswer },
    errors: ['tenant.unknown', 'role.name-taken', 'role.too-many'],
    async handle(context) {
      const { caller, tx, authorize, input } = context;
      const { tenantId, grants } = input.body;
      await requireTenant(tx, tenantId);
      authorize({ tenantId });
      requireGrantable(caller, { permissions: grants, ownPermissions: [] }, { tenantId });
      const role = await createRole(tx, { ...input.body, by: requesterOf(context) });
      return {
        status: 201,
        body: presentRole(role, caller, placeOf(role)),
        headers: { ...etag(role.generation), Location: `/api/v1/roles/${role.id}` },
      };
    },
  }),
  route({
    method: 'get',
    path: '/roles/:id',
    operationId: 'getRole',
    summary: 'One role of a tenant’s own',
    permission: 'role:read',
    params: byId,
    responses: { 200: RoleAnswer },
    errors: ['role.unknown'],
    async handle({ input, caller, tx, authorize }) {
      const role = await requireRole(tx, input.params.id);
      authorize({ tenantId: role.tenantId });
      return { status: 200, body: presentRole(role, caller, placeOf(role)), headers: etag(role.generation) };
    },
  }),
  route({
    method: 'put',
    path: '/roles/:id',
    operationId: 'changeRole',
    summary:
      'Change a role, at once for everybody who holds it; neither before nor after it can exceed the caller’s rights',
    permission: 'role:update',
    params: byId,
    body: RoleChange,
    ifMatch: true,
    responses: { 200: RoleAnswer },
    errors: ['role.unknown', 'role.name-taken', 'request.stale'],
    async handle(context) {
      const { caller, tx, authorize, input, expectedGeneration } = context;
      const role = await lockRoleAndNames(tx, input.params.id);
      const on = placeOf(role);
      authorize(on);
      const both = [...role.permissions.filter(isPermission), ...input.body.grants];
      requireGrantable(caller, { permissions: [...new Set(both)], ownPermissions: [] }, on);
      await changeRole(tx, { ...input.body, role, expectedGeneration, by: requesterOf(context) });
      return { status: 200, body: presentRole(role, caller, on), headers: etag(role.generation) };
    },
  }),
  route({
    method: 'delete',
    path: '/roles/:id',
    operationId: 'deleteRole',
    summary: 'Remove a role that nobody holds',
    permission: 'role:delete',
    params: byId,
    ifMatch: true,
    responses: { 204: null },
    errors: ['role.unknown', 'role.in-use', 'request.stale'],
    async handle(context) {
      const { caller, tx, authorize, input, expectedGeneration } = context;
      const role = await lockRole(tx, input.params.id);
      const on = placeOf(role);
      authorize(on);
      requireGrantable(caller, { permissions: role.permissions.filter(isPermission), ownPermissions: [] }, on);
      await deleteRole(tx, { role, expectedGeneration, by: requesterOf(context) });
      return { status: 204 };
    },
  }),
];

/** The entity itself would say that whoever made the role has made what is asked about. */
const placeOf = ({ tenantId }: CustomRole) => ({ tenantId });

const wholePage = <Item>(items: Item[]) => ({ items, next: null, total: items.length });

function presentPermission(name: (typeof permissions)[number]) {
  const [resource, action] = name.split(':');
  return { name, resource, action, composable: composable.includes(name) };
}
