import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { buildUser, signIn, signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let tenant: TestTenant;
let administrator: ApiClient;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(async () => {
  tenant = await buildTenant(api.db);
  administrator = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
});
afterAll(() => api?.close());

const compose = async (grants: string[], by = administrator, name = uniqueName('role')) =>
  by.post('/roles', { tenantId: tenant.id, name, grants });

describe('the roles of a tenant', () => {
  it('are the built-in ones and those that it has composed, with all that each holds', async () => {
    const { body: made } = await compose(['instance:restart', 'instance:read']);
    const { body } = await administrator.get(`/roles?tenantId=${tenant.id}`);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([
      'tenant-administrator',
      'project-administrator',
      'operator',
      'member',
      'viewer',
      'auditor',
      made.id,
    ]);
    expect(body.total).toBe(7);
    const [, , operator, member] = body.items;
    expect(operator).toMatchObject({ builtIn: true, tenantId: null, grantable: true, permissions: [] });
    expect(operator.grants).toContain('instance:read');
    expect(member.ownGrants).toContain('instance:purge');
    expect(member.grants).not.toContain('instance:start');
    expect(body.items[6]).toMatchObject({
      grants: ['instance:restart', 'instance:read'],
      generation: 1,
      permissions: ['role:update', 'role:delete'],
    });
  });

  it('say to whom each can be given: by whoever holds all of it himself', async () => {
    const project = await buildProject(api.db, tenant);
    const lead = await signInAs(api, {
      role: 'project-administrator',
      tenantId: tenant.id,
      projectId: project.id,
    });
    expect((await lead.get(`/roles?tenantId=${tenant.id}`)).status).toBe(403);
    const { body } = await lead.get(`/roles?tenantId=${tenant.id}&projectId=${project.id}`);
    const grantable = body.items.filter((role: { grantable: boolean }) => role.grantable);
    // Not the auditor: he reads the audit, which whoever leads a project does not.
    expect(grantable.map(({ id }: { id: string }) => id)).toEqual([
      'project-administrator',
      'operator',
      'member',
      'viewer',
    ]);
  });

  it('give exactly what they name, from the next request on, also after a change', async () => {
    const { body: role, headers } = await compose(['instance:read', 'project:read']);
    const user = await buildUser(api.db, { role: role.id, tenantId: tenant.id });
    const person = await signIn(api.anyone, user);
    expect((await person.get('/instances')).status).toBe(200);
    expect((await person.get(`/projects?tenantId=${tenant.id}`)).status).toBe(200);
    expect((await person.get('/me')).body.assignments).toMatchObject([{ role: role.id, tenantId: tenant.id }]);
    expect((await person.post('/projects', { tenantId: tenant.id, name: 'new' })).body.code).toBe('access.denied');

    const etag = headers.get('ETag') ?? '';
    const change = { name: role.name, grants: ['project:create'] };
    const changed = await administrator.put(`/roles/${role.id}`, change, etag);
    expect(changed.body).toMatchObject({ grants: ['project:create'], generation: 2 });
    expect((await person.post('/projects', { tenantId: tenant.id, name: 'new' })).status).toBe(201);
    expect((await administrator.put(`/roles/${role.id}`, change, etag)).body.code).toBe('request.stale');
  });

  it('are nobody’s business in another tenant', async () => {
    const { body: role } = await compose(['instance:read']);
    const stranger = await signInAs(api, {
      role: 'tenant-administrator',
      tenantId: (await buildTenant(api.db)).id,
    });
    const missing = '01a2039e-1979-7299-a2a6-7476714c25b3';
    for (const id of [role.id, missing]) {
      expect((await stranger.get(`/roles/${id}`)).body.code).toBe('role.unknown');
      expect((await stranger.put(`/roles/${id}`, { name: 'x', grants: ['instance:read'] }, '"1"')).body.code).toBe(
        'role.unknown',
      );
      expect((await stranger.delete(`/roles/${id}`, '"1"')).body.code).toBe('role.unknown');
    }
    expect((await stranger.get(`/roles?tenantId=${tenant.id}`)).status).toBe(404);
    const { body } = await stranger.post('/members', { tenantId: tenant.id, name: uniqueName('x'), role: role.id });
    expect(body.code).toBe('request.not-found');
    const own = await signInAsAdministrator(api);
    const other = await buildTenant(api.db);
    const crossing = await own.post('/members', { tenantId: other.id, name: uniqueName('x'), role: role.id });
    expect(crossing.body.code).toBe('role.unknown');
  });

  it('contain only rights that a tenant can give, and have a name of their own', async () => {
    expect((await compose(['cluster:delete'])).body.errors).toMatchObject([{ pointer: '/grants/0' }]);
    expect((await compose(['no:such'])).status).toBe(422);
    expect((await compose([])).status).toBe(422);
    expect((await compose(['instance:read'], administrator, 'Twice')).status).toBe(201);
    // The last ones with letters of other scripts, and one with a sign that nobody sees.
    for (const name of ['Twice', 'twice', 'Tԝісе', 'Operator', 'оperator']) {
      expect({ name, code: (await compose(['instance:read'], administrator, name)).body.code }).toEqual({
        name,
        code: 'role.name-taken',
      });
    }
    expect((await compose(['instance:read'], administrator, 'Twi\u200bce')).body.errors).toMatchObject([
      { pointer: '/name' },
    ]);
    const { body: other } = await compose(['instance:read'], administrator, 'Other');
    const renamed = await administrator.put(`/roles/${other.id}`, { name: 'ТWICE', grants: ['instance:read'] }, '"1"');
    expect(renamed.body).toMatchObject({ code: 'role.name-taken', detail: 'Twice' });
    const again = await administrator.put(`/roles/${other.id}`, { name: 'OTHER', grants: ['instance:read'] }, '"1"');
    expect(again.status).toBe(200);
  });

  it('are not removed while somebody holds them', async () => {
    const { body: role } = await compose(['instance:read']);
    const { body: member } = await administrator.post('/members', {
      tenantId: tenant.id,
      name: uniqueName('held'),
      role: role.id,
    });
    expect(member).toMatchObject({ role: role.id, roleName: role.name });
    expect((await administrator.delete(`/roles/${role.id}`, '"1"')).body.code).toBe('role.in-use');
    expect((await administrator.delete(`/members/${member.id}`, '"1"')).status).toBe(204);
    expect((await administrator.delete(`/roles/${role.id}`, '"1"')).status).toBe(204);
    expect((await administrator.get(`/roles/${role.id}`)).body.code).toBe('role.unknown');
  });
});

describe('nobody gives more than he has', () => {
  it('by a role that he composes, changes or removes', async () => {
    const { body: keeper } = await compose(['role:create', 'role:read', 'role:update', 'role:delete', 'instance:read']);
    const person = await signInAs(api, { role: keeper.id, tenantId: tenant.id });
    const refused = await compose(['instance:read', 'instance:kill', 'member:create'], person);
    expect(refused.body).toMatchObject({
      code: 'access.denied',
      detail: expect.stringContaining('instance:kill, member:create'),
    });
    const { body: small } = await compose(['instance:read'], person);
    const wider = { name: small.name, grants: ['instance:read', 'instance:kill'] };
    expect((await person.put(`/roles/${small.id}`, wider, '"1"')).body.code).toBe('access.denied');
    const { body: large } = await compose(['instance:kill']);
    expect((await person.get(`/roles/${large.id}`)).body.permissions).toEqual([]);
    expect((await person.put(`/roles/${large.id}`, { ...wider, grants: ['instance:read'] }, '"1"')).status).toBe(403);
    expect((await person.delete(`/roles/${large.id}`, '"1"')).status).toBe(403);
  });

  it('by a role that he hands to somebody, though it were only for what that one makes himself', async () => {
    const { body: clerk } = await compose(['member:create', 'member:read', 'instance:read']);
    const person = await signInAs(api, { role: clerk.id, tenantId: tenant.id });
    const add = async (role: string) =>
      (await person.post('/members', { tenantId: tenant.id, name: uniqueName('added'), role })).status;
    expect(await add(clerk.id)).toBe(201);
    for (const role of ['viewer', 'member', 'operator', 'tenant-administrator']) expect(await add(role)).toBe(403);
  });
});

describe('a member', () => {
  it('acts on the instances that he has made, and sees the others', async () => {
    const project = await buildProject(api.db, tenant);
    const user = await buildUser(api.db, { role: 'member', tenantId: tenant.id, projectId: project.id });
    const person = await signIn(api.anyone, user);
    const cluster = await buildCluster(api.db);
    const [own, other] = [
      await buildInstance(api.db, { project, clusterId: cluster.id }),
      await buildInstance(api.db, { project, clusterId: cluster.id }),
    ];
    await api.db.transaction(platformScope(), (tx) =>
      tx.query('update instances set created_by = ? where id = ?', [user.id, own.id]),
    );
    const { body } = await person.get('/instances?sort=createdAt');
    const permissions = Object.fromEntries(
      body.items.map((item: { id: string; permissions: string[] }) => [item.id, item.permissions]),
    );
    expect(permissions[own.id]).toContain('instance:purge');
    expect(permissions[other.id]).toEqual([]);

    expect((await person.post(`/instances/${other.id}/stop`)).body.code).toBe('access.denied');
    const stopped = await person.post(`/instances/${own.id}/stop`);
    expect(stopped.status).toBe(202);
    const operation = `/operations/${stopped.body.id}`;
    const cancelled = await person.post(`${operation}/cancel`);
    expect(cancelled.body.code).toBe('operation.not-cancellable');
    const byOther = await administrator.post(`/instances/${other.id}/stop`);
    expect((await person.post(`/operations/${byOther.body.id}/cancel`)).body.code).toBe('access.denied');
    expect((await person.post('/rollouts/preview', {})).status).toBe(422);
  });
});

it('the catalogue of rights says which of them a tenant can give', async () => {
  const { body } = await administrator.get('/permissions');
  expect(body.items).toContainEqual({
    name: 'instance:kill',
    resource: 'instance',
    action: 'kill',
    composable: true,
  });
  expect(body.items).toContainEqual(expect.objectContaining({ name: 'tenant:create', composable: false }));
  expect((await api.anyone.get('/permissions')).status).toBe(401);
});
