import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { waitUntilBlocked } from '../../test/factories/wait-until-blocked.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { platformScope, tenantScope } from '../persistence/database.ts';
import { reserveQuota } from './commands/reserve-quota.ts';
import { quotaUse } from './quota-use.ts';
import type { Amounts } from './amounts.ts';

let api: TestApi;
let admin: ApiClient;
let clusterId: string;
let tenant: TestTenant;
let project: TestProject;

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  clusterId = (await buildCluster(api.db)).id;
});
afterAll(() => api.close());

const limits: Amounts = { cpuMillis: 1_000, memoryBytes: 8_000, storageBytes: 8_000, instances: 3 };
const small: Amounts = { cpuMillis: 400, memoryBytes: 1_000, storageBytes: 1_000, instances: 1 };

async function freshTenant(): Promise<void> {
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  expect((await admin.put(`/tenants/${tenant.id}/quota`, limits, '"1"')).status).toBe(200);
}

const newInstance = async () => (await buildInstance(api.db, { project, clusterId })).id;
const reserve = (instanceId: string, amounts: Amounts) =>
  api.db.transaction(tenantScope(tenant.id), (tx) => reserveQuota(tx, { tenantId: tenant.id, instanceId, ...amounts }));
const use = () => api.db.transaction(tenantScope(tenant.id), (tx) => quotaUse(tx, tenant.id));

const stateOf = async (operationId: string) => {
  const [state] = await api.db.transaction(platformScope(), (tx) =>
    tx.query('select phase, superseded_by as "supersededBy" from operations where id = ?', [operationId]),
  );
  return state;
};

describe('a reservation', () => {
  beforeAll(freshTenant);

  it('is counted once for each instance, however often it is made', async () => {
    const instance = await newInstance();
    await reserve(instance, small);
    await reserve(instance, { ...small, cpuMillis: 600 });
    expect(await use()).toEqual({ ...small, cpuMillis: 600 });
    expect((await admin.get(`/tenants/${tenant.id}/quota`)).body.used).toEqual({ ...small, cpuMillis: 600 });
  });

  it('beyond the limits is refused, saying of what and how much is left', async () => {
    const refused = reserve(await newInstance(), { ...small, cpuMillis: 401, memoryBytes: 7_001 });
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toMatchObject({
      code: 'quota.exceeded',
      detail: 'cpuMillis: 401 wanted, 400 of 1000 left; memoryBytes: 7001 wanted, 7000 of 8000 left',
      extra: { resource: 'cpuMillis', wanted: 401, left: 400, limit: 1_000 },
    });
    await reserve(await newInstance(), small);
  });

  it('may always become smaller', async () => {
    const instance = await newInstance();
    await reserve(instance, { ...small, cpuMillis: 0 });
    const before = await use();
    await reserve(instance, { ...small, cpuMillis: 0, memoryBytes: 0 });
    expect((await use()).memoryBytes).toBe(before.memoryBytes - small.memoryBytes);
  });

  it('of another tenant cannot be made', async () => {
    const other = await buildTenant(api.db);
    const instanceId = await newInstance();
    const crossing = api.db.transaction(tenantScope(tenant.id), (tx) =>
      reserveQuota(tx, { tenantId: other.id, instanceId, ...small }),
    );
    await expect(crossing).rejects.toMatchObject({ code: 'tenant.unknown' });
  });
});

describe('reservations at once', () => {
  beforeAll(freshTenant);

  it('never overshoot together: of ten for three places, three win', async () => {
    const instances = await Promise.all(Array.from({ length: 10 }, newInstance));
    const outcomes = await Promise.allSettled(instances.map((id) => reserve(id, { ...small, cpuMillis: 100 })));
    const won = outcomes.filter(({ status }) => status === 'fulfilled');
    const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : []));
    expect(won).toHaveLength(3);
    expect(codes).toEqual(Array.from({ length: 7 }, () => 'quota.exceeded'));
    expect((await use()).instances).toBe(3);
  });

  it('do not slip past a deletion of the tenant', async () => {
    const leaving = await buildTenant(api.db);
    const instanceId = await newInstance();
    let deletion: Promise<{ status: number }> | undefined;
    await api.db.transaction(tenantScope(leaving.id), async (tx) => {
      await tx.query('select from quotas where tenant_id = ? for update', [leaving.id]);
      deletion = admin.delete(`/tenants/${leaving.id}`, '"1"');
      await waitUntilBlocked(api.db);
    });
    expect((await deletion)?.status).toBe(202);
    const late = api.db.transaction(tenantScope(leaving.id), (tx) =>
      reserveQuota(tx, { tenantId: leaving.id, instanceId, ...small }),
    );
    await expect(late).rejects.toMatchObject({ code: 'tenant.busy' });
  });
});

describe('changing a quota', () => {
  beforeAll(freshTenant);

  it('takes effect at once where the tenant has no space on a cluster', async () => {
    const answer = await admin.put(`/tenants/${tenant.id}/quota`, { ...limits, instances: 5 }, '"2"');
    expect(answer).toMatchObject({ status: 200, body: { limits: { instances: 5 }, generation: 3 } });
    expect(answer.headers.get('ETag')).toBe('"3"');
    expect((await admin.put(`/tenants/${tenant.id}/quota`, limits, '"2"')).status).toBe(412);
  });

  it('below what is in use is refused with pointers, and changes nothing', async () => {
    await reserve(await newInstance(), small);
    const answer = await admin.put(`/tenants/${tenant.id}/quota`, { ...limits, cpuMillis: 399 }, '"3"');
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'quota.below-use', errors: [{ pointer: '/cpuMillis' }] },
    });
    expect((await admin.get(`/tenants/${tenant.id}/quota`)).body.limits.cpuMillis).toBe(1_000);
  });

  it('is carried to the clusters by an operation where the tenant has a space', async () => {
    await api.db.transaction(tenantScope(tenant.id), (tx) =>
      tx.query('insert into tenant_spaces (tenant_id, cluster_id) values (?, ?)', [tenant.id, clusterId]),
    );
    const answer = await admin.put(`/tenants/${tenant.id}/quota`, limits, '"3"');
    expect(answer).toMatchObject({ status: 202, body: { kind: 'tenant.sync', subjectName: tenant.name } });
    expect(await stateOf(answer.body.id)).toEqual({ phase: 'Accepted', supersededBy: null });
  });

  it('takes the place of an older change that waits for a cluster, and gives way to the removal of the tenant', async () => {
    const { id } = await buildTenant(api.db);
    await api.db.transaction(tenantScope(id), (tx) =>
      tx.query('insert into tenant_spaces (tenant_id, cluster_id) values (?, ?)', [id, clusterId]),
    );
    const older = await admin.put(`/tenants/${id}/quota`, limits, '"1"');
    const newer = await admin.put(`/tenants/${id}/quota`, { ...limits, instances: 1 }, '"2"');
    expect([older.status, newer.status]).toEqual([202, 202]);
    expect(await stateOf(older.body.id)).toEqual({ phase: 'Superseded', supersededBy: newer.body.id });
    expect(await stateOf(newer.body.id)).toEqual({ phase: 'Accepted', supersededBy: null });

    const removal = await admin.delete(`/tenants/${id}`, '"1"');
    expect(removal).toMatchObject({ status: 202, body: { kind: 'tenant.delete' } });
    expect(await stateOf(newer.body.id)).toEqual({ phase: 'Superseded', supersededBy: removal.body.id });
    const late = await admin.put(`/tenants/${id}/quota`, limits, '"3"');
    expect(late).toMatchObject({ status: 409, body: { code: 'tenant.busy' } });
  });

  it('is read by every member', async () => {
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    expect(await viewer.get(`/tenants/${tenant.id}/quota`)).toMatchObject({
      status: 200,
      body: { permissions: ['quota:read'] },
    });
  });
});
