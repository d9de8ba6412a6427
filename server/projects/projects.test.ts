import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestTenant } from '../../test/factories/tenants.ts';

let api: TestApi;
let admin: ApiClient;
let tenant: TestTenant;
let member: ApiClient;

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  tenant = await buildTenant(api.db);
  member = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
});
afterAll(() => api.close());

describe('projects', () => {
  it('are created, listed with their tenant, renamed and deleted by an administrator of the tenant', async () => {
    const created = await member.post('/projects', { tenantId: tenant.id, name: 'support' });
    expect(created).toMatchObject({ status: 201, body: { name: 'support', displayName: 'support', generation: 1 } });
    expect(created.body).toMatchObject({ tenantId: tenant.id, tenantName: tenant.name });
    const path = `/projects/${created.body.id}`;
    expect((await member.get(path)).body).toEqual(created.body);
    expect((await member.get(`/projects?tenantId=${tenant.id}&name=SUPP`)).body.items).toEqual([created.body]);

    const changed = await member.put(path, { name: 'care', displayName: 'Customer care' }, '"1"');
    expect(changed).toMatchObject({ status: 200, body: { name: 'care', generation: 2 } });
    expect((await member.delete(path, '"1"')).status).toBe(412);
    expect((await member.delete(path)).status).toBe(428);
    expect((await member.delete(path, '"2"')).status).toBe(204);
    expect(await member.get(path)).toMatchObject({ status: 404, body: { code: 'project.unknown' } });
  });

  it('have names of their own in a tenant, and the same ones in another', async () => {
    const other = await buildTenant(api.db);
    await buildProject(api.db, tenant, 'same');
    const taken = await member.post('/projects', { tenantId: tenant.id, name: 'same' });
    expect(taken).toMatchObject({ status: 409, body: { code: 'project.name-taken' } });
    expect((await admin.post('/projects', { tenantId: other.id, name: 'same' })).status).toBe(201);
  });

  it('of another tenant do not exist: 404 to read, change, delete and create in', async () => {
    const other = await buildTenant(api.db);
    const { id } = await buildProject(api.db, other);
    expect((await member.get(`/projects/${id}`)).status).toBe(404);
    expect((await member.put(`/projects/${id}`, { name: 'x', displayName: 'x' }, '"1"')).status).toBe(404);
    expect((await member.delete(`/projects/${id}`, '"1"')).status).toBe(404);
    const created = await member.post('/projects', { tenantId: other.id, name: 'mine' });
    expect(created).toMatchObject({ status: 404, body: { code: 'tenant.unknown' } });
    expect((await member.get(`/projects?tenantId=${other.id}`)).body).toMatchObject({ items: [], total: 0 });
  });

  it('are only read by a viewer, and alone by who has a role in one of them', async () => {
    const project = await buildProject(api.db, tenant);
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id, projectId: project.id });
    expect((await viewer.get('/projects')).body).toMatchObject({
      items: [{ id: project.id, permissions: [] }],
      total: 1,
    });
    expect((await viewer.post('/projects', { tenantId: tenant.id, name: 'no' })).status).toBe(403);
    expect((await viewer.delete(`/projects/${project.id}`, '"1"')).status).toBe(403);
  });

  it('are kept while they hold an instance or a kept volume', async () => {
    const cluster = await buildCluster(api.db);
    for (const phase of ['Failed', 'Deleted']) {
      const project = await buildProject(api.db, tenant);
      await buildInstance(api.db, { project, clusterId: cluster.id, phase, volume: 'present' });
      const answer = await member.delete(`/projects/${project.id}`, '"1"');
      expect(answer).toMatchObject({ status: 409, body: { code: 'project.not-empty' } });
    }
  });

  it('go with their secrets and the records of purged instances', async () => {
    const project = await buildProject(api.db, tenant);
    const secret = { tenantId: tenant.id, projectId: project.id, name: 'key', value: 'v' };
    expect((await member.post('/secrets', secret)).status).toBe(201);
    await buildInstance(api.db, {
      project,
      clusterId: (await buildCluster(api.db)).id,
      phase: 'Deleted',
      volume: 'purged',
      secretNames: ['key'],
    });
    expect((await member.delete(`/projects/${project.id}`, '"1"')).status).toBe(204);
    expect((await member.get(`/secrets?projectId=${project.id}`)).body.total).toBe(0);
  });
});
