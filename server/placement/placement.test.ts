import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';

let api: TestApi;
let admin: ApiClient;
let agentVersionId: string;
let tenant: TestTenant;
let project: TestProject;
let member: ApiClient;
beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  const version = { kind: 'openclaw', version: uniqueName('v'), image: 'openclaw:1', package: 'openclaw@1.0.0' };
  agentVersionId = (await admin.post('/agent-versions', version)).body.id;
});
afterAll(() => api.close());
beforeEach(async () => {
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  member = await signInAs(api, { role: 'operator', tenantId: tenant.id });
});

/** A label of this test alone, so that the clusters of others are no candidates. */
let zone: string;
beforeEach(() => {
  zone = uniqueName('zone');
});

async function register(more: object = {}): Promise<{ id: string; name: string }> {
  const settings = { socketPath: '/run/docker.sock' };
  const body = { name: uniqueName('cluster'), runtime: 'docker', settings, labels: { zone }, ...more };
  const { id, name } = (await admin.post('/clusters', body)).body;
  return { id, name };
}

const order = (more: object = {}) => ({
  projectId: project.id,
  agentVersionId,
  name: uniqueName('agent'),
  clusterLabels: { zone },
  ...more,
});
const create = (more: object = {}): Promise<ApiAnswer> => member.post('/instances', order(more));
const preview = async (more: object = {}) => (await member.post('/instances/preview', order(more))).body.placement;
const instanceOf = async ({ body }: ApiAnswer) => (await member.get(`/instances/${body.instanceId}`)).body;
const inZone = ({ verdicts }: { verdicts: { id: string }[] }, ...ids: string[]) =>
  verdicts.filter(({ id }) => ids.includes(id));

describe('an instance whose cluster nobody named', () => {
  it('goes where the project has the fewest, as the preview said, and its reasons stay with it', async () => {
    const [one, other] = [await register({ name: uniqueName('a') }), await register({ name: uniqueName('b') })];
    expect((await create()).status).toBe(202);
    const foreseen = await preview();
    expect(foreseen).toMatchObject({ by: 'platform', labels: { zone } });
    const verdicts = [
      { id: other.id, name: other.name, outcome: 'chosen', by: 'fewest-of-project' },
      { id: one.id, name: one.name, outcome: 'passed-over', by: 'fewest-of-project' },
    ];
    expect(inZone(foreseen, one.id, other.id)).toEqual(verdicts);
    const second = await instanceOf(await create());
    expect(second.clusterId).toBe(other.id);
    expect(second.placement).toEqual(foreseen);
    const places = [await instanceOf(await create()), await instanceOf(await create())];
    expect(new Set(places.map(({ clusterId }) => clusterId))).toEqual(new Set([one.id, other.id]));
  });

  it('goes to none that is cordoned, full, given to others or not allowed', async () => {
    const tenantId = (await buildTenant(api.db)).id;
    const room = { capacity: { memoryBytes: 1_000 } };
    const cordoned = await register();
    await admin.post(`/clusters/${cordoned.id}/cordon`);
    const full = await register({ settings: { socketPath: '/run/docker.sock', ...room } });
    const others = await register({ tenantId });
    const forbidden = await register();
    const fit = await register({ name: uniqueName('zz') });
    const etag = (await admin.get(`/tenants/${tenant.id}/clusters`)).headers.get('ETag') ?? '';
    const allowed = [cordoned, full, others, fit].map(({ id }) => id);
    await admin.put(`/tenants/${tenant.id}/clusters`, { clusterIds: allowed }, etag);

    const { placement, clusterId } = await instanceOf(await create());
    expect(clusterId).toBe(fit.id);
    const of = ({ id }: { id: string }) => inZone(placement, id)[0];
    expect(of(fit)).toMatchObject({ outcome: 'chosen', by: 'only-one' });
    expect(of(cordoned)).toMatchObject({ outcome: 'unfit', obstacles: ['cordoned'] });
    expect(of(full)).toMatchObject({ outcome: 'unfit', obstacles: ['no-room'] });
    expect(of(forbidden)).toMatchObject({ outcome: 'unfit', obstacles: ['not-allowed'] });
    expect(of(others), 'of what is others’ nothing is said').toBeUndefined();
    const byAdmin = await admin.post('/instances', order());
    expect(JSON.stringify(await instanceOf(byAdmin)), 'also where who created it sees it').not.toContain(others.id);
  });

  it('leaves a machine to whoever comes to need one, until there is no other place', async () => {
    const machine = await register({ runtime: 'machine', settings: { directory: '/srv/agents' } });
    const engine = await register({ name: uniqueName('zz') });
    expect(await instanceOf(await create())).toMatchObject({ clusterId: engine.id });
    expect((await admin.get(`/clusters/${machine.id}`)).body.tenantId).toBeNull();
    await admin.post(`/clusters/${engine.id}/cordon`);
    expect(await instanceOf(await create())).toMatchObject({ clusterId: machine.id });
    expect((await admin.get(`/clusters/${machine.id}`)).body.tenantId).toBe(tenant.id);
    await admin.post(`/clusters/${engine.id}/uncordon`);
    const next = await instanceOf(await create({ projectId: (await buildProject(api.db, tenant)).id }));
    expect(inZone(next.placement, machine.id), 'by now it is as good as any').toMatchObject([{ by: 'first-by-name' }]);
  });

  it('finds a place for each of two tenants who come at once for one free machine', async () => {
    const another = await buildTenant(api.db);
    const elsewhere = await buildProject(api.db, another);
    const machines = [0, 1].map(() => register({ runtime: 'machine', settings: { directory: '/srv/agents' } }));
    await Promise.all(machines);
    const answers = await Promise.all([
      admin.post('/instances', order()),
      admin.post('/instances', order({ projectId: elsewhere.id })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const places = await Promise.all(
      answers.map(async ({ body }) => (await admin.get(`/instances/${body.instanceId}`)).body.clusterId),
    );
    expect(new Set(places).size).toBe(2);
  });

  it('is refused with the reason for each where there is no place, and the preview says so too', async () => {
    const { id, name } = await register();
    await admin.post(`/clusters/${id}/cordon`);
    const foreseen = await preview();
    expect(inZone(foreseen, id)).toEqual([{ id, name, outcome: 'unfit', obstacles: ['cordoned'] }]);
    const refused = await create();
    expect(refused).toMatchObject({ status: 409, body: { code: 'cluster.none-fits' } });
    expect(refused.body.errors).toContainEqual({
      pointer: '/clusterId',
      detail: `${name} takes no new instances for now.`,
    });
  });
});

describe('an instance whose cluster is named', () => {
  const named = (clusterId: string, more: object = {}) => create({ clusterId, clusterLabels: undefined, ...more });

  it('goes there, and that a person said so stays with it', async () => {
    const { id, name } = await register();
    const placement = { by: 'person', labels: {}, verdicts: [{ id, name, outcome: 'chosen', by: 'named' }] };
    expect(await preview({ clusterId: id, clusterLabels: undefined })).toEqual(placement);
    expect(await instanceOf(await named(id))).toMatchObject({ clusterId: id, placement });
  });

  it('is refused where that takes no new ones, or has no room, and never put elsewhere', async () => {
    const room = { capacity: { instances: 1 } };
    const { id } = await register({ settings: { socketPath: '/run/docker.sock', ...room } });
    expect((await named(id)).status).toBe(202);
    expect(await named(id)).toMatchObject({ status: 409, body: { code: 'cluster.full' } });
    await admin.post(`/clusters/${id}/cordon`);
    expect(await named(id)).toMatchObject({ status: 409, body: { code: 'cluster.cordoned' } });
    const unknown = { status: 404, body: { code: 'cluster.unknown' } };
    expect(await named(crypto.randomUUID())).toMatchObject(unknown);
    const absent = order({ clusterId: crypto.randomUUID(), clusterLabels: undefined });
    expect(await member.post('/instances/preview', absent)).toMatchObject(unknown);
  });

  it('is not chosen by labels as well', async () => {
    const { id } = await register();
    expect(await create({ clusterId: id })).toMatchObject({
      status: 422,
      body: { code: 'request.unfit', errors: [{ pointer: '/clusterLabels' }] },
    });
  });
});
