import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let admin: ApiClient;
let agentVersionId: string;
beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  const version = { kind: 'openclaw', version: uniqueName('v'), image: 'openclaw:1', package: 'openclaw@1.0.0' };
  agentVersionId = (await admin.post('/agent-versions', version)).body.id;
});
afterAll(() => api.close());

interface Side {
  tenant: TestTenant;
  project: TestProject;
  member: ApiClient;
}
let ours: Side;
let theirs: Side;
beforeEach(async () => {
  [ours, theirs] = [await buildSide(), await buildSide()];
});

async function buildSide(): Promise<Side> {
  const tenant = await buildTenant(api.db);
  const project = await buildProject(api.db, tenant);
  return { tenant, project, member: await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id }) };
}

async function register(more: object = {}): Promise<string> {
  const body = { name: uniqueName('cluster'), runtime: 'machine', settings: { directory: '/srv/agents' }, ...more };
  const answer = await admin.post('/clusters', body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body.id;
}
const shared = () => register({ runtime: 'docker', settings: { socketPath: '/run/docker.sock' } });

const create = (side: Side, clusterId: string, who = side.member): Promise<ApiAnswer> =>
  who.post('/instances', { projectId: side.project.id, clusterId, agentVersionId, name: uniqueName('agent') });
const patch = async (clusterId: string, body: object): Promise<ApiAnswer> =>
  admin.patch(`/clusters/${clusterId}`, body, (await admin.get(`/clusters/${clusterId}`)).headers.get('ETag') ?? '');
const listed = async (who: ApiClient, query = ''): Promise<string[]> =>
  (await who.get(`/clusters?limit=200${query}`)).body.items.map(({ id }: { id: string }) => id);

const unknown = { status: 404, body: { code: 'cluster.unknown' } };
const notForTenant = { status: 409, body: { code: 'cluster.not-for-tenant' } };

describe('a cluster that does not isolate', () => {
  it('belongs to the tenant of the first instance on it, and is not there for any other', async () => {
    const machine = await register();
    expect(await listed(theirs.member)).toContain(machine);
    expect((await create(ours, machine)).status).toBe(202);
    const owned = await ours.member.get(`/clusters/${machine}`);
    expect(owned.body).toMatchObject({ tenantId: ours.tenant.id, tenantName: ours.tenant.name, generation: 2 });

    expect(await theirs.member.get(`/clusters/${machine}`)).toMatchObject(unknown);
    expect(await listed(theirs.member)).not.toContain(machine);
    const refused = await create(theirs, machine);
    expect(refused).toMatchObject(unknown);
    const seen = await create(theirs, machine, admin);
    expect(seen, 'also by an administrator of the platform, who sees it').toMatchObject(notForTenant);
    for (const { body } of [refused, seen]) {
      expect(JSON.stringify(body)).not.toMatch(new RegExp(`${ours.tenant.name}|${ours.tenant.id}`));
    }
    expect((await create(ours, machine)).status, 'its own tenant goes on').toBe(202);
  });

  it('is told to auditors as taken with the creation that took it', async () => {
    const machine = await register();
    const entriesOf = async ({ body }: ApiAnswer) =>
      api.db.transaction(platformScope(), (tx) =>
        tx.query<{ after: object }>('select after from audit_entries where operation_id = ?', [body.id]),
      );
    const told = { clusterId: machine, placedBy: 'person' };
    expect(await entriesOf(await create(ours, machine))).toMatchObject([{ after: { ...told, clusterTaken: true } }]);
    expect(await entriesOf(await create(ours, machine))).toMatchObject([{ after: { ...told, clusterTaken: false } }]);
  });

  it('is taken by one of many who come at once', async () => {
    const machine = await register();
    const sides = [ours, theirs, await buildSide(), await buildSide()];
    const answers = await Promise.all(
      [...sides, ...sides].map(async (side) => ({ side, ...(await create(side, machine)) })),
    );
    const tenants = new Set(answers.flatMap(({ side, status }) => (status === 202 ? side.tenant.id : [])));
    expect(tenants.size).toBe(1);
    expect((await admin.get(`/clusters/${machine}`)).body.tenantId).toBe([...tenants][0]);
    const rows = await api.db.transaction(platformScope(), (tx) =>
      tx.query<{ tenantId: string }>('select distinct tenant_id as "tenantId" from instances where cluster_id = ?', [
        machine,
      ]),
    );
    expect(rows.map(({ tenantId }) => tenantId)).toEqual([...tenants]);
    for (const { status, body } of answers.filter((answer) => answer.status !== 202)) {
      expect([404, 409]).toContain(status);
      expect(body.code).toMatch(/^cluster\.(unknown|not-for-tenant)$/);
    }
  });

  it('is nobody’s where the creation that would have taken it fails', async () => {
    const machine = await register();
    const tooMuch = {
      projectId: ours.project.id,
      clusterId: machine,
      agentVersionId,
      name: 'x',
      resources: { cpu: '900' },
    };
    expect(await ours.member.post('/instances', tooMuch)).toMatchObject({ body: { code: 'quota.exceeded' } });
    expect((await admin.get(`/clusters/${machine}`)).body).toMatchObject({ tenantId: null, generation: 1 });
  });

  it('can be one tenant’s from the beginning', async () => {
    const machine = await register({ tenantId: ours.tenant.id });
    expect(await create(theirs, machine)).toMatchObject(unknown);
    expect(await create(ours, machine)).toMatchObject({ status: 202 });
    const body = {
      name: uniqueName('x'),
      runtime: 'machine',
      settings: { directory: '/a' },
      tenantId: crypto.randomUUID(),
    };
    expect(await admin.post('/clusters', body)).toMatchObject({ status: 404, body: { code: 'tenant.unknown' } });
  });

  it('is given to another tenant only when nothing is left on it', async () => {
    const machine = await register();
    const { id } = await buildInstance(api.db, { project: ours.project, clusterId: machine });
    expect((await create(ours, machine)).status).toBe(202);
    for (const tenantId of [theirs.tenant.id, null]) {
      expect(await patch(machine, { tenantId })).toMatchObject({ status: 409, body: { code: 'cluster.in-use' } });
    }
    expect((await patch(machine, { tenantId: ours.tenant.id })).status, 'it is theirs already').toBe(200);
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update instances set phase = 'Deleted', deleted_at = now(), volume = 'purged' where cluster_id = ?`, [
        machine,
      ]),
    );
    expect(await patch(machine, { tenantId: theirs.tenant.id })).toMatchObject({
      status: 200,
      body: { tenantId: theirs.tenant.id },
    });
    expect((await ours.member.get(`/instances/${id}`)).status, 'what was there is forgotten').toBe(404);
    expect(await create(ours, machine)).toMatchObject(unknown);
    expect(await create(theirs, machine)).toMatchObject({ status: 202 });
  });
});

describe('a cluster that isolates', () => {
  it('is for all, or given to one tenant while no other has anything there', async () => {
    const cluster = await shared();
    for (const side of [ours, theirs]) expect((await create(side, cluster)).status).toBe(202);
    expect(await patch(cluster, { tenantId: ours.tenant.id })).toMatchObject({ body: { code: 'cluster.in-use' } });
    const own = await shared();
    expect(await patch(own, { tenantId: ours.tenant.id })).toMatchObject({ body: { tenantId: ours.tenant.id } });
    expect(await create(theirs, own)).toMatchObject(unknown);
    expect((await create(ours, own)).status).toBe(202);
    expect(await patch(own, { tenantId: null }), 'and back to all').toMatchObject({ body: { tenantId: null } });
    expect((await create(theirs, own)).status).toBe(202);
  });
});

describe('the shared clusters that a tenant is allowed', () => {
  const allow = async ({ tenant }: Side, clusterIds: string[] | null, who = admin): Promise<ApiAnswer> => {
    const path = `/tenants/${tenant.id}/clusters`;
    return who.put(path, { clusterIds }, (await admin.get(path)).headers.get('ETag') ?? '');
  };

  it('are all, until an administrator of the platform says otherwise', async () => {
    const [one, other, own] = [await shared(), await shared(), await register({ tenantId: ours.tenant.id })];
    expect((await ours.member.get(`/tenants/${ours.tenant.id}/clusters`)).body).toEqual({ clusterIds: null });
    expect(await allow(ours, [one])).toMatchObject({ status: 200, body: { clusterIds: [one] } });
    expect((await create(ours, one)).status).toBe(202);
    expect(await create(ours, other)).toMatchObject(notForTenant);
    expect((await create(ours, own)).status, 'its own is always allowed').toBe(202);
    expect((await create(theirs, other)).status, 'no other tenant is meant').toBe(202);
    const usable = await listed(ours.member, `&tenantId=${ours.tenant.id}`);
    expect(usable).toEqual(expect.arrayContaining([one, own]));
    expect(usable).not.toContain(other);

    await allow(ours, []);
    expect(await create(ours, one), 'none is not all').toMatchObject(notForTenant);
    await allow(ours, null);
    expect((await create(ours, other)).status).toBe(202);
  });

  it('are said by nobody else, about clusters that there are', async () => {
    expect(await allow(ours, [], ours.member)).toMatchObject({ status: 403 });
    expect(await allow(theirs, [], ours.member)).toMatchObject({ status: 404, body: { code: 'tenant.unknown' } });
    expect(await allow(ours, [await shared(), crypto.randomUUID()])).toMatchObject({
      status: 404,
      body: { code: 'cluster.unknown', errors: [{ pointer: '/clusterIds/1' }] },
    });
  });
});
