import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant } from '../../test/factories/tenants.ts';

let api: TestApi;
let admin: ApiClient;

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
});
afterAll(() => api.close());

const etagOf = (answer: { headers: Headers }) => answer.headers.get('ETag') ?? '';

describe('tenants', () => {
  it('are created with a quota, read back, renamed, and found by a part of their name', async () => {
    const name = uniqueName('acme');
    const created = await admin.post('/tenants', { name, displayName: 'Acme & Söhne', quota: { instances: 3 } });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ name, displayName: 'Acme & Söhne', phase: 'Active', generation: 1 });
    expect(created.body.permissions).toContain('tenant:delete');
    const { id } = created.body;
    expect(created.headers.get('Location')).toBe(`/api/v1/tenants/${id}`);

    const quota = await admin.get(`/tenants/${id}/quota`);
    expect(quota.body).toMatchObject({
      limits: { cpuMillis: 4_000, memoryBytes: 16 * 2 ** 30, storageBytes: 100 * 2 ** 30, instances: 3 },
      used: { cpuMillis: 0, memoryBytes: 0, storageBytes: 0, instances: 0 },
    });

    const read = await admin.get(`/tenants/${id}`);
    expect(read.body).toEqual(created.body);
    const renamed = await admin.put(`/tenants/${id}`, { name: `${name}-2`, displayName: 'Acme' }, etagOf(read));
    expect(renamed).toMatchObject({ status: 200, body: { name: `${name}-2`, displayName: 'Acme', generation: 2 } });
    const found = await admin.get(`/tenants?name=${name.toUpperCase()}&limit=1`);
    expect(found.body).toMatchObject({ items: [{ id }], next: null, total: 1 });
  });

  it('keep the name of one another: 409', async () => {
    const { name } = await buildTenant(api.db);
    const answer = await admin.post('/tenants', { name });
    expect(answer).toMatchObject({ status: 409, body: { code: 'tenant.name-taken', detail: name } });
  });

  it.each([
    [{ name: 'Not A Label' }, '/name'],
    [{ name: 'a'.repeat(64) }, '/name'],
    [{ name: 'fine', quota: { instances: -1 } }, '/quota/instances'],
    [{ name: 'fine', colour: 'red' }, '/colour'],
  ])('are refused with a pointer: %j', async (body, pointer) => {
    const answer = await admin.post('/tenants', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
    expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });

  it('are changed only by who has read the newest generation', async () => {
    const { id, name } = await buildTenant(api.db);
    const body = { name, displayName: 'New' };
    expect((await admin.put(`/tenants/${id}`, body, '"1"')).status).toBe(200);
    expect(await admin.put(`/tenants/${id}`, body, '"1"')).toMatchObject({ status: 412, body: { generation: 2 } });
  });

  it('of others do not exist for a member, who sees and may change his own', async () => {
    const [mine, other] = [await buildTenant(api.db), await buildTenant(api.db)];
    const member = await signInAs(api, { role: 'tenant-administrator', tenantId: mine.id });

    expect((await member.get('/tenants')).body).toMatchObject({ items: [{ id: mine.id }], total: 1 });
    expect((await member.get(`/tenants/${mine.id}`)).body.permissions).toEqual(
      expect.arrayContaining(['tenant:update', 'quota:read', 'project:create']),
    );
    const unknown = await member.get(`/tenants/${other.id}`);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'tenant.unknown' } });
    expect((await member.put(`/tenants/${other.id}`, { name: 'x', displayName: 'x' }, '"1"')).status).toBe(404);
    expect((await member.get(`/tenants/${other.id}/quota`)).status).toBe(404);
  });

  it('are made, renamed, removed and measured out by the platform alone', async () => {
    const [{ id, name }, other] = [await buildTenant(api.db), await buildTenant(api.db)];
    const member = await signInAs(api, { role: 'tenant-administrator', tenantId: id });
    for (const wanted of [other.name, uniqueName('nobody')]) {
      const renamed = await member.put(`/tenants/${id}`, { name: wanted, displayName: 'Mine' }, '"1"');
      expect(renamed).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    }
    const changed = await member.put(`/tenants/${id}`, { name, displayName: 'Mine' }, '"1"');
    expect(changed).toMatchObject({ status: 200, body: { name, displayName: 'Mine' } });
    expect((await member.post('/tenants', { name: 'mine' })).status).toBe(403);
    expect((await member.delete(`/tenants/${id}`, '"1"')).status).toBe(403);
    const limits = { cpuMillis: 1, memoryBytes: 1, storageBytes: 1, instances: 1 };
    expect((await member.put(`/tenants/${id}/quota`, limits, '"1"')).status).toBe(403);
    const viewer = await signInAs(api, { role: 'viewer', tenantId: id });
    expect((await viewer.put(`/tenants/${id}`, { name: 'x', displayName: 'x' }, '"1"')).status).toBe(403);
  });

  it('come page by page, each once, in the order asked for', async () => {
    const part = uniqueName('paged');
    const names = [1, 2, 3, 4, 5].map((number) => `${part}-${number}`);
    for (const name of names) await buildTenant(api.db, name);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await admin.get(`/tenants?name=${part}&limit=2&sort=-name${cursor}`);
      expect(body.total).toBe(5);
      seen.push(...body.items.map((tenant: { name: string }) => tenant.name));
      cursor = body.next ? `&cursor=${body.next}` : '';
    } while (cursor);
    expect(seen).toEqual(names.toReversed());
  });

  it('leave an audit entry and an event behind with each change', async () => {
    const name = uniqueName('audited');
    const { body } = await admin.post('/tenants', { name });
    const [entry] = await api.db.transaction({ kind: 'platform' }, (tx) =>
      tx.query('select action, outcome, object_name as name from audit_entries where object_id = ?', [body.id]),
    );
    expect(entry).toEqual({ action: 'tenant.create', outcome: 'succeeded', name });
    const events = await admin.get(`/events?tenantId=${body.id}`);
    expect(events.body.items).toMatchObject([{ type: 'tenant.created' }]);
  });
});

describe('deleting a tenant', () => {
  it('answers 202 with the operation, and closes the tenant for anything new', async () => {
    const { id } = await buildTenant(api.db);
    const answer = await admin.delete(`/tenants/${id}`, '"1"');
    expect(answer).toMatchObject({ status: 202, body: { kind: 'tenant.delete', phase: 'Accepted', tenantId: id } });
    expect(answer.headers.get('Location')).toBe(`/api/v1/operations/${answer.body.id}`);
    expect((await admin.get(`/tenants/${id}`)).body).toMatchObject({ phase: 'Deleting', generation: 2 });
    const again = await admin.delete(`/tenants/${id}`, '"2"');
    expect(again).toMatchObject({ status: 409, body: { code: 'tenant.busy', operationId: answer.body.id } });
    const project = await admin.post('/projects', { tenantId: id, name: 'late' });
    expect(project).toMatchObject({ status: 409, body: { code: 'tenant.busy' } });
  });

  it.each([
    ['an instance', { phase: 'Stopped' as const, volume: 'present' as const }, { instances: 1, keptVolumes: 0 }],
    ['a kept volume', { phase: 'Deleted' as const, volume: 'present' as const }, { instances: 0, keptVolumes: 1 }],
  ])('is refused while there is %s', async (_, state, remains) => {
    const tenant = await buildTenant(api.db);
    const project = await buildProject(api.db, tenant);
    await buildInstance(api.db, { project, clusterId: (await buildCluster(api.db)).id, ...state });
    const answer = await admin.delete(`/tenants/${tenant.id}`, '"1"');
    expect(answer).toMatchObject({ status: 409, body: { code: 'tenant.not-empty', ...remains } });
    expect((await admin.get(`/tenants/${tenant.id}`)).body.phase).toBe('Active');
  });
});
