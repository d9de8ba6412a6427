import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';
import { settleOperation } from '../operations/commands/settle-operation.ts';

let api: TestApi;
let admin: ApiClient;
let tenant: TestTenant;
let project: TestProject;
let order: { projectId: string; clusterId: string; agentVersionId: string };

const configuration = {
  providers: [
    {
      name: 'house',
      baseUrl: 'https://models.example.com/v1',
      api: 'openai-completions',
      apiKey: { secret: 'model-key' },
      models: [{ id: 'small' }],
    },
  ],
  agent: { model: 'house/small' },
};

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  const { id: clusterId } = await buildCluster(api.db);
  const version = await admin.post('/agent-versions', {
    kind: 'openclaw',
    version: uniqueName('v'),
    image: 'openclaw:1',
  });
  await admin.post('/secrets', { tenantId: tenant.id, name: 'model-key', value: 'sk-1' });
  order = { projectId: project.id, clusterId, agentVersionId: version.body.id };
});
afterAll(() => api.close());

const create = (more: object = {}, client = admin): Promise<ApiAnswer> =>
  client.post('/instances', { ...order, name: uniqueName('agent'), configuration, ...more });

const settle = (operationId: string, error: { code: 'agent.crashed'; detail: string } | null = null) =>
  api.db.transaction(platformScope(), (tx) =>
    settleOperation(tx, operationId, { phase: error ? 'Failed' : 'Succeeded', error, undone: Boolean(error) }),
  );

async function running(more: object = {}): Promise<{ id: string; etag: string }> {
  const created = await create(more);
  expect(created.status).toBe(202);
  await settle(created.body.id);
  const id: string = created.body.instanceId;
  return { id, etag: (await admin.get(`/instances/${id}`)).headers.get('ETag') ?? '' };
}

const nameOf = async (id: string): Promise<string> => (await admin.get(`/instances/${id}`)).body.name;
const etagOf = async (id: string): Promise<string> => (await admin.get(`/instances/${id}`)).headers.get('ETag') ?? '';

const used = async () => (await admin.get(`/tenants/${tenant.id}/quota`)).body.used;

describe('creating an instance', () => {
  it('answers 202 with the operation, where to follow it, and the instance provisioning', async () => {
    const answer = await create({ labels: { team: 'blue' } });
    expect(answer).toMatchObject({ status: 202, body: { kind: 'instance.provision', phase: 'Accepted', revision: 1 } });
    expect(answer.headers.get('Location')).toBe(`/api/v1/operations/${answer.body.id}`);
    const read = await admin.get(`/instances/${answer.body.instanceId}`);
    expect(read.body).toMatchObject({
      phase: 'Provisioning',
      labels: { team: 'blue' },
      activeOperation: { id: answer.body.id, kind: 'instance.provision' },
      resources: { cpu: '250m', memory: '2Gi', storage: '10Gi' },
      observed: null,
      generation: 1,
    });
  });

  it('is refused when the name is taken, and takes no quota for it', async () => {
    const name = uniqueName('agent');
    expect((await create({ name })).status).toBe(202);
    const before = await used();
    expect(await create({ name })).toMatchObject({ status: 409, body: { code: 'instance.name-taken' } });
    expect(await used()).toEqual(before);
  });

  it.each([
    ['an unknown field', { colour: 'red' }, 422, 'request.invalid', '/colour'],
    ['a name that is no DNS label', { name: 'Über' }, 422, 'request.invalid', '/name'],
    ['a quantity that is none', { resources: { memory: 'much' } }, 422, 'request.invalid', '/resources/memory'],
    ['too little memory', { resources: { memory: '1Mi' } }, 422, 'request.unfit', '/resources/memory'],
    [
      'a native override of a key that the platform owns',
      { configuration: { ...configuration, native: { gateway: { port: 1 } } } },
      422,
      'agent.configuration-owned',
      '/configuration/native/gateway/port',
    ],
    [
      'a secret that does not exist',
      { configuration: { ...configuration, environment: { KEY: { secret: 'nowhere' } } } },
      422,
      'secret.reference-unknown',
      '/configuration/environment/KEY/secret',
    ],
  ])('is refused for %s, with a pointer', async (_case, more, status, code, pointer) => {
    const answer = await create(more);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });

  it('is refused over quota, saying what is left', async () => {
    const answer = await create({ resources: { memory: '1Ti' } });
    expect(answer).toMatchObject({ status: 409, body: { code: 'quota.exceeded', resource: 'memoryBytes' } });
  });

  it('is refused to a viewer, and hidden from another tenant', async () => {
    const viewer = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    expect(await create({}, viewer)).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    const stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: (await buildTenant(api.db)).id });
    expect(await create({}, stranger)).toMatchObject({ status: 404, body: { code: 'project.unknown' } });
  });
});

describe('an operation on an instance', () => {
  it('keeps others out: of two at once one wins, the other learns its id', async () => {
    const { id } = await running();
    const answers = await Promise.all([
      admin.post(`/instances/${id}/stop`),
      admin.post(`/instances/${id}/restart`),
      admin.post(`/instances/${id}/sync`),
    ]);
    const won = answers.filter(({ status }) => status === 202);
    expect(won).toHaveLength(1);
    for (const lost of answers.filter(({ status }) => status !== 202)) {
      expect(lost).toMatchObject({ status: 409, body: { code: 'instance.busy', operationId: won[0]?.body.id } });
    }
  });

  it('gives way to kill, and kill to delete', async () => {
    const { id } = await running();
    const restart = await admin.post(`/instances/${id}/restart`);
    const kill = await admin.post(`/instances/${id}/kill`);
    expect(kill.status).toBe(202);
    expect((await admin.get(`/operations/${restart.body.id}`)).body).toMatchObject({
      phase: 'Superseded',
      supersededBy: kill.body.id,
    });
    const { headers } = await admin.get(`/instances/${id}`);
    const removal = await admin.delete(`/instances/${id}`, headers.get('ETag') ?? '');
    expect(removal).toMatchObject({ status: 202, body: { kind: 'instance.delete' } });
    expect((await admin.get(`/operations/${kill.body.id}`)).body.phase).toBe('Superseded');
    await expect(settle(kill.body.id)).rejects.toMatchObject({ code: 'operation.superseded' });
  });

  it('that failed is tried again as a new one', async () => {
    const created = await create();
    const { instanceId } = created.body;
    await settle(created.body.id, { code: 'agent.crashed', detail: 'boom' });
    expect((await admin.get(`/instances/${instanceId}`)).body).toMatchObject({
      phase: 'Failed',
      lastError: { code: 'agent.crashed', detail: 'boom' },
    });
    const retry = await admin.post(`/operations/${created.body.id}/retry`);
    expect(retry).toMatchObject({ status: 202, body: { kind: 'instance.provision', retryOf: created.body.id } });
    expect(await admin.post(`/operations/${retry.body.id}/retry`)).toMatchObject({
      body: { code: 'operation.not-retryable' },
    });
  });

  it('is tried again only while nothing has come after it, and by who has the right to the thing itself', async () => {
    const { id } = await running();
    const restart = await admin.post(`/instances/${id}/restart`);
    await settle(restart.body.id, { code: 'agent.crashed', detail: 'boom' });
    expect((await admin.get(`/operations/${restart.body.id}`)).body.permissions).toEqual(['operation:retry']);
    const stop = await admin.post(`/instances/${id}/stop`);
    await settle(stop.body.id);
    expect((await admin.get(`/operations/${restart.body.id}`)).body.permissions).toEqual([]);
    const late = await admin.post(`/operations/${restart.body.id}/retry`);
    expect(late).toMatchObject({ status: 409, body: { code: 'operation.not-retryable' } });

    await admin.request('DELETE', `/instances/${id}?purge=true&confirm=${await nameOf(id)}`, {
      headers: { 'If-Match': await etagOf(id) },
    });
    const [removal] = (await admin.get(`/operations?instanceId=${id}&active=true`)).body.items;
    await settle(removal.id, { code: 'agent.crashed', detail: 'boom' });
    const operator = await signInAs(api, { role: 'operator', tenantId: tenant.id });
    expect(await operator.post(`/operations/${removal.id}/retry`)).toMatchObject({ status: 403 });
    expect((await admin.post(`/operations/${removal.id}/retry`)).status).toBe(202);
  });

  it('that removes the instance is not dropped for a kill', async () => {
    const { id, etag } = await running();
    const removal = await admin.delete(`/instances/${id}`, etag);
    const kill = await admin.post(`/instances/${id}/kill`);
    expect(kill).toMatchObject({ status: 409, body: { code: 'instance.busy', operationId: removal.body.id } });
  });

  it('is named to the loser of two changes at once, although his ETag is stale by then', async () => {
    const { id, etag } = await running();
    const change = (level: string) =>
      admin.put(`/instances/${id}`, { configuration: { ...configuration, logging: { level } } }, etag);
    const [one, two] = await Promise.all([change('debug'), change('warn')]);
    const [won, lost] = one.status === 202 ? [one, two] : [two, one];
    expect(won.status).toBe(202);
    expect(lost).toMatchObject({ status: 409, body: { code: 'instance.busy', operationId: won.body.id } });
  });

  it('is cancelled only while it runs and can be taken back', async () => {
    const created = await create();
    const cancelled = await admin.post(`/operations/${created.body.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 202, body: { phase: 'Accepted' } });
    expect(cancelled.body.cancelRequestedAt).not.toBeNull();
    const { id } = await running();
    const stop = await admin.post(`/instances/${id}/stop`);
    expect(await admin.post(`/operations/${stop.body.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'operation.not-cancellable' },
    });
  });
});

describe('changing an instance', () => {
  it('makes a revision and an operation', async () => {
    const { id, etag } = await running();
    const changed = { ...configuration, logging: { level: 'debug' } };
    const answer = await admin.put(`/instances/${id}`, { configuration: changed }, etag);
    expect(answer).toMatchObject({ status: 202, body: { kind: 'instance.update', revision: 2, previousRevision: 1 } });
    expect((await admin.get(`/instances/${id}`)).body).toMatchObject({
      phase: 'Updating',
      revision: 2,
      liveRevision: 1,
    });
  });

  it('to what renders the same makes no operation', async () => {
    const { id, etag } = await running();
    expect(await admin.put(`/instances/${id}`, { configuration }, etag)).toMatchObject({
      status: 200,
      body: { revision: 1, activeOperation: null },
    });
    const relabelled = await admin.put(`/instances/${id}`, { configuration, labels: { a: 'b' } }, etag);
    expect(relabelled).toMatchObject({ status: 200, body: { revision: 1, labels: { a: 'b' } } });
    expect(relabelled.headers.get('ETag')).not.toBe(etag);
  });

  it('needs the newest ETag', async () => {
    const { id } = await running();
    expect(await admin.put(`/instances/${id}`, { configuration }, '"99"')).toMatchObject({ status: 412 });
    expect(await admin.request('PUT', `/instances/${id}`, { body: { configuration } })).toMatchObject({ status: 428 });
  });

  it('cannot make its volume smaller', async () => {
    const { id, etag } = await running();
    const answer = await admin.put(`/instances/${id}`, { configuration, resources: { storage: '5Gi' } }, etag);
    expect(answer).toMatchObject({ status: 422, body: { code: 'instance.storage-shrinks' } });
  });

  it('that fails and is taken back leaves the revision before it', async () => {
    const { id, etag } = await running();
    const answer = await admin.put(`/instances/${id}`, { configuration, resources: { memory: '3Gi' } }, etag);
    await settle(answer.body.id, { code: 'agent.crashed', detail: 'boom' });
    expect((await admin.get(`/instances/${id}`)).body).toMatchObject({
      revision: 1,
      resources: { memory: '2Gi' },
      lastError: { detail: 'boom' },
    });
  });
});

describe('deleting an instance', () => {
  it('keeps its volume and the volume’s quota, frees its name, and purges later when confirmed by name', async () => {
    const name = uniqueName('agent');
    const before = await used();
    const { id, etag } = await running({ name });
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(`update instances set volume = 'present' where id = ?`, [id]),
    );
    await settle((await admin.delete(`/instances/${id}`, etag)).body.id);
    const deleted = await admin.get(`/instances/${id}`);
    expect(deleted.body).toMatchObject({ phase: 'Deleted', volume: 'present', permissions: ['instance:purge'] });
    expect(await used()).toEqual({ ...before, storageBytes: before.storageBytes + 10 * 2 ** 30 });
    expect((await create({ name })).status).toBe(202);

    const stamp = deleted.headers.get('ETag') ?? '';
    const unconfirmed = await admin.delete(`/instances/${id}?purge=true&confirm=wrong`, stamp);
    expect(unconfirmed).toMatchObject({ status: 422, body: { code: 'instance.purge-unconfirmed' } });
    const purge = await admin.delete(`/instances/${id}?purge=true&confirm=${name}`, stamp);
    expect(purge).toMatchObject({ status: 202, body: { kind: 'instance.purge' } });
    await settle(purge.body.id);
    expect((await admin.get(`/instances/${id}`)).body).toMatchObject({ phase: 'Deleted', volume: 'purged' });
  });

  it('with a purge needs more than an operator’s rights', async () => {
    const { id, etag } = await running({ name: uniqueName('agent') });
    const operator = await signInAs(api, { role: 'operator', tenantId: tenant.id });
    const { name } = (await operator.get(`/instances/${id}`)).body;
    expect(await operator.delete(`/instances/${id}?purge=true&confirm=${name}`, etag)).toMatchObject({ status: 403 });
  });
});

describe('the list of instances', () => {
  it('is paged with a total, filtered by phase, name and label, and hidden from other tenants', async () => {
    const own = await buildTenant(api.db);
    const place = await buildProject(api.db, own);
    await admin.post('/secrets', { tenantId: own.id, name: 'model-key', value: 'sk-1' });
    const names = ['a-one', 'a-two', 'b-three'];
    for (const name of names) await create({ name, projectId: place.id, labels: { team: name.slice(0, 1) } });
    const member = await signInAs(api, { role: 'viewer', tenantId: own.id });

    const first = await member.get('/instances?limit=2&sort=name');
    expect(first.body).toMatchObject({ items: [{ name: 'a-one' }, { name: 'a-two' }], total: 3 });
    const second = await member.get(`/instances?limit=2&sort=name&cursor=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ name: 'b-three' }], next: null, total: 3 });
    expect((await member.get('/instances?name=THREE')).body.total).toBe(1);
    expect((await member.get('/instances?label=team=a')).body.total).toBe(2);
    expect((await member.get('/instances?label=team')).body.total).toBe(3);
    expect((await member.get('/instances?label=other')).body.total).toBe(0);
    expect((await member.get('/instances?phase=Running&phase=Stopped')).body.total).toBe(0);
    const stranger = await signInAs(api, { role: 'viewer', tenantId: (await buildTenant(api.db)).id });
    expect((await stranger.get('/instances')).body).toMatchObject({ items: [], total: 0 });
  });
});

describe('the preview', () => {
  it('shows the rendered file, references instead of secrets, and the quota after', async () => {
    const answer = await admin.post('/instances/preview', { ...order, configuration });
    expect(answer).toMatchObject({ status: 200, body: { change: 'new', quota: { fits: true } } });
    const [file] = Object.values<string>(answer.body.files);
    expect(file).toContain('models.example.com');
    expect(JSON.stringify(answer.body)).not.toContain('sk-1');
    expect(answer.body.quota.after.instances).toBe(answer.body.quota.used.instances + 1);
  });

  it('tells the quota of the tenant only to who may read it', async () => {
    const guest = await signInAs(api, { role: 'operator', tenantId: tenant.id, projectId: project.id });
    expect((await guest.get(`/tenants/${tenant.id}/quota`)).status).toBe(403);
    const answer = await guest.post('/instances/preview', { ...order, configuration });
    expect(answer).toMatchObject({ status: 200, body: { change: 'new', quota: null } });
  });
});
