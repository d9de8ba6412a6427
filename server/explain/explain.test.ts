import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { buildUser, signIn, signInAs, type TestUser } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { permissions } from '../access/permissions.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let tenant: TestTenant;
let project: TestProject;
let head: TestUser;
let administrator: ApiClient;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(async () => {
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  head = await buildUser(api.db, { role: 'tenant-administrator', tenantId: tenant.id });
  administrator = await signIn(api.anyone, head);
});
afterAll(() => api?.close());

const explain = (who: ApiClient, query: Record<string, string>) =>
  who.get(`/access/explain?${new URLSearchParams(query).toString()}`);

describe('why somebody may do something', () => {
  it('is answered with every assignment that allows it', async () => {
    const user = await buildUser(
      api.db,
      { role: 'operator', tenantId: tenant.id, projectId: project.id },
      { role: 'viewer', tenantId: tenant.id },
    );
    const { body } = await explain(administrator, {
      userId: user.id,
      permission: 'instance:stop',
      tenantId: tenant.id,
      projectId: project.id,
    });
    expect(body).toMatchObject({
      allowed: true,
      person: { userId: user.id, name: user.name },
      because: [{ role: 'operator', tenantId: tenant.id, projectId: project.id, onlyOwn: false }],
      missing: null,
    });
  });

  it('names of a member what he may do because he made it', async () => {
    const user = await buildUser(api.db, { role: 'member', tenantId: tenant.id });
    const { id: clusterId } = await buildCluster(api.db);
    const [own, other] = [
      await buildInstance(api.db, { project, clusterId }),
      await buildInstance(api.db, { project, clusterId }),
    ];
    await api.db.transaction(platformScope(), (tx) =>
      tx.query('update instances set created_by = ? where id = ?', [user.id, own.id]),
    );
    const person = await signIn(api.anyone, user);
    const about = async (instanceId: string) =>
      (await explain(person, { permission: 'instance:stop', instanceId })).body;
    expect(await about(own.id)).toMatchObject({ allowed: true, because: [{ role: 'member', onlyOwn: true }] });
    expect(await about(other.id)).toMatchObject({
      allowed: false,
      missing: { roles: expect.arrayContaining([{ role: 'member', roleName: null, onlyOwn: true }]) },
    });
  });
});

describe('why somebody was refused', () => {
  it('is answered with the roles that would allow it, those he holds elsewhere, and who could give it', async () => {
    const other = await buildProject(api.db, tenant);
    const { body: role } = await administrator.post('/roles', {
      tenantId: tenant.id,
      name: 'Night shift',
      grants: ['instance:stop'],
    });
    const user = await buildUser(
      api.db,
      { role: 'operator', tenantId: tenant.id, projectId: other.id },
      { role: 'auditor', tenantId: tenant.id },
    );
    const { body } = await explain(await signIn(api.anyone, user), {
      permission: 'instance:stop',
      tenantId: tenant.id,
      projectId: project.id,
    });
    expect(body).toMatchObject({
      allowed: false,
      because: [],
      missing: { heldElsewhere: [{ role: 'operator', projectId: other.id }] },
      granters: [{ userId: head.id, name: head.name }],
      holders: [{ person: { userId: head.id }, because: [{ role: 'tenant-administrator' }] }],
    });
    expect(body.missing.roles).toEqual([
      { role: 'tenant-administrator', roleName: null, onlyOwn: false },
      { role: 'project-administrator', roleName: null, onlyOwn: false },
      { role: 'operator', roleName: null, onlyOwn: false },
      { role: 'member', roleName: null, onlyOwn: true },
      { role: role.id, roleName: 'Night shift', onlyOwn: false },
    ]);
  });

  it('names nobody to who may not see the members', async () => {
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    const { body } = await explain(viewer, { permission: 'instance:stop', tenantId: tenant.id });
    expect(body).toMatchObject({ allowed: false, holders: null, granters: null });
    const ofOther = await explain(viewer, { permission: 'instance:stop', tenantId: tenant.id, userId: head.id });
    expect(ofOther.body.code).toBe('access.denied');
  });

  it('tells nothing of another tenant, its projects, its instances and its people', async () => {
    const elsewhere = await buildTenant(api.db);
    const { id: clusterId } = await buildCluster(api.db);
    const foreign = await buildInstance(api.db, { project: await buildProject(api.db, elsewhere), clusterId });
    const stranger = await buildUser(api.db, { role: 'viewer', tenantId: elsewhere.id });
    const missing = '01a2039e-1979-7299-a2a6-7476714c25b3';
    const both = async (query: (id: string) => Record<string, string>, id: string) => {
      const answers = await Promise.all(
        [id, missing].map((one) => explain(administrator, { permission: 'instance:stop', ...query(one) })),
      );
      const [there, nowhere] = answers.map(({ status, body }) => ({ status, code: body.code }));
      expect(there).toEqual(nowhere);
      expect(there?.status).toBe(404);
    };
    await both((tenantId) => ({ tenantId }), elsewhere.id);
    await both((instanceId) => ({ instanceId }), foreign.id);
    await both((userId) => ({ userId, tenantId: tenant.id }), stranger.id);
  });
});

it('what a caller may do in a place is what requests there are decided by', async () => {
  const person = await signInAs(api, { role: 'member', tenantId: tenant.id, projectId: project.id });
  const inProject = await person.get(`/me/permissions?tenantId=${tenant.id}&projectId=${project.id}`);
  expect(inProject.body.permissions).toContain('instance:create');
  expect(inProject.body.permissions).not.toContain('instance:stop');
  expect(inProject.body.ownPermissions).toContain('instance:stop');
  expect((await person.get(`/me/permissions?tenantId=${tenant.id}`)).body).toEqual({
    permissions: [],
    ownPermissions: [],
  });
  expect((await person.get('/me/permissions')).body.permissions).toEqual(['agent-version:read', 'cluster:read']);
  expect((await person.get(`/me/permissions?projectId=${project.id}`)).status).toBe(422);
  const all = await signInAs(api, { role: 'platform-administrator' });
  expect((await all.get(`/me/permissions?tenantId=${tenant.id}`)).body.permissions).toEqual([...permissions]);
});
