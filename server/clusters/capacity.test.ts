import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject } from '../../test/factories/tenants.ts';
import { settleOperation } from '../operations/commands/settle-operation.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let admin: ApiClient;
let project: TestProject;
let agentVersionId: string;
beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  project = await buildProject(api.db, await buildTenant(api.db));
  const version = { kind: 'openclaw', version: uniqueName('v'), image: 'openclaw:1' };
  agentVersionId = (await admin.post('/agent-versions', version)).body.id;
});
afterAll(() => api.close());

const register = async (settings: object = {}): Promise<string> =>
  (
    await admin.post('/clusters', {
      name: uniqueName('cluster'),
      runtime: 'docker',
      settings: { socketPath: '/run/docker.sock', ...settings },
    })
  ).body.id;
const resources = { cpu: '500m', memory: '2Gi', storage: '3Gi' };
const create = (clusterId: string, where = project) =>
  admin.post('/instances', { projectId: where.id, clusterId, agentVersionId, name: uniqueName('agent'), resources });
const capacityOf = async (id: string) => (await admin.get(`/clusters/${id}/capacity`)).body;
const gib = 2 ** 30;

describe('the capacity of a cluster', () => {
  it('is what is reserved there, of every tenant, and what its operator says that there is', async () => {
    const id = await register({ capacity: { cpuMillis: 800, memoryBytes: 64 * gib } });
    expect(await capacityOf(id)).toEqual({
      total: { cpuMillis: 800, memoryBytes: 64 * gib, storageBytes: null, instances: null },
      reserved: { cpuMillis: 0, memoryBytes: 0, storageBytes: 0, instances: 0 },
      free: { cpuMillis: 800, memoryBytes: 64 * gib, storageBytes: null, instances: null },
      phases: {},
    });
    const { body } = await create(id);
    await api.db.transaction(platformScope(), (tx) =>
      settleOperation(tx, body.id, { phase: 'Succeeded', error: null, undone: false }),
    );
    const path = `/clusters/${id}`;
    const wider = await admin.patch(path, { settings: { capacity: { memoryBytes: 64 * gib } } }, '"1"');
    expect(wider.body.settings.capacity).toEqual({ memoryBytes: 64 * gib });
    expect((await create(id, await buildProject(api.db, await buildTenant(api.db)))).status).toBe(202);
    expect(await capacityOf(id)).toEqual({
      total: { cpuMillis: null, memoryBytes: 64 * gib, storageBytes: null, instances: null },
      reserved: { cpuMillis: 1_000, memoryBytes: 4 * gib, storageBytes: 6 * gib, instances: 2 },
      free: { cpuMillis: null, memoryBytes: 60 * gib, storageBytes: null, instances: null },
      // Settled as up, and not seen by anybody yet.
      phases: { Degraded: 1, Provisioning: 1 },
    });
    const unknown = await admin.patch(path, { settings: { capacity: null } }, '"2"');
    expect(unknown.body.settings).not.toHaveProperty('capacity');
  });

  it('is for the platform’s administrators: it sums over tenants', async () => {
    const id = await register();
    const member = await signInAs(api, { role: 'tenant-administrator', tenantId: project.tenantId });
    expect((await member.get(`/clusters/${id}/capacity`)).status).toBe(403);
    expect(await admin.get(`/clusters/${crypto.randomUUID()}/capacity`)).toMatchObject({
      status: 404,
      body: { code: 'cluster.unknown' },
    });
  });
});

describe('a cordoned cluster', () => {
  it('takes no new instances, and lets those that are there go on', async () => {
    const id = await register();
    const there = await create(id);
    await api.db.transaction(platformScope(), (tx) =>
      settleOperation(tx, there.body.id, { phase: 'Succeeded', error: null, undone: false }),
    );
    const cordoned = await admin.post(`/clusters/${id}/cordon`);
    expect(cordoned).toMatchObject({ status: 200, body: { cordonedAt: expect.any(String), generation: 2 } });
    expect(await create(id)).toMatchObject({ status: 409, body: { code: 'cluster.cordoned' } });
    expect((await admin.post(`/instances/${there.body.instanceId}/restart`)).status).toBe(202);
    const again = await admin.post(`/clusters/${id}/cordon`);
    expect(again.body).toEqual(cordoned.body);
    expect((await admin.post(`/clusters/${id}/uncordon`)).body).toMatchObject({ cordonedAt: null, generation: 3 });
    expect((await create(id)).status).toBe(202);
  });

  it('is cordoned by the platform alone', async () => {
    const id = await register();
    const member = await signInAs(api, { role: 'tenant-administrator', tenantId: project.tenantId });
    for (const verb of ['cordon', 'uncordon']) expect((await member.post(`/clusters/${id}/${verb}`)).status).toBe(403);
    expect((await admin.post(`/clusters/${crypto.randomUUID()}/cordon`)).status).toBe(404);
  });
});
