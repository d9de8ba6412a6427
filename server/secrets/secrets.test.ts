import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { waitUntilBlocked } from '../../test/factories/wait-until-blocked.ts';
import { platformScope, tenantScope } from '../persistence/database.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { createSecret } from './commands/create-secret.ts';
import { missingSecrets } from './missing-secrets.ts';
import { readSecretValues } from './read-secret-values.ts';
import { parseSealingKey } from './sealing-key.ts';

let api: TestApi;
let tenant: TestTenant;
let project: TestProject;
let member: ApiClient;

beforeAll(async () => {
  api = await startApi();
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
  member = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
});
afterAll(() => api.close());

const newSecret = (more: object = {}) => ({ tenantId: tenant.id, name: uniqueName('key'), value: 'sk-clear', ...more });
const create = async (more: object = {}) => (await member.post('/secrets', newSecret(more))).body;

describe('secrets', () => {
  it('are kept for a project or a whole tenant, and get versions', async () => {
    const created = await member.post('/secrets', newSecret({ projectId: project.id, description: 'of the model' }));
    expect(created).toMatchObject({ status: 201, body: { version: 1, projectId: project.id, usedBy: [] } });
    const { id } = created.body;
    const changed = await member.put(`/secrets/${id}`, { value: 'sk-new' }, '"1"');
    expect(changed).toMatchObject({ status: 200, body: { version: 2, generation: 2, description: '' } });
    expect((await member.put(`/secrets/${id}`, { value: 'sk-late' }, '"1"')).status).toBe(412);
    expect((await create()).projectId).toBeNull();
    expect((await member.delete(`/secrets/${id}`, '"2"')).status).toBe(204);
    expect((await member.delete(`/secrets/${id}`, '"2"')).status).toBe(404);
  });

  it('never come back in clear: not in answers, audit entries, events, rows or stored answers', async () => {
    const value = `sk-${randomBytes(12).toString('hex')}`;
    const body = newSecret({ value });
    const created = await member.post('/secrets', body, { 'Idempotency-Key': uniqueName('once') });
    const changed = await member.put(`/secrets/${created.body.id}`, { value: `${value}-2` }, '"1"');
    const listed = await member.get('/secrets?limit=200');
    for (const answer of [created, changed, listed]) expect(JSON.stringify(answer.body)).not.toContain(value);
    const dump = await api.db.transaction(platformScope(), async (tx) => {
      const tables = ['audit_entries', 'events', 'secrets', 'idempotency_keys'];
      const rows = tables.map((table) => tx.query('select to_jsonb(t)::text as row from ?? t', [table]));
      const sealed = await tx.query(`select encode(sealed, 'escape') as row from secret_versions`);
      return JSON.stringify([await Promise.all(rows), sealed]);
    });
    expect(dump).toContain(created.body.id);
    expect(dump).not.toContain(value);
  });

  it('cannot be read by the role of the api at all', async () => {
    await create();
    const reading = api.db.transaction(tenantScope(tenant.id), (tx) => tx.query('select sealed from secret_versions'));
    await expect(reading).rejects.toThrow(/permission denied/);
  });

  it('have a name of their own in a project, and in the tenant beside it', async () => {
    const { name } = await create();
    const again = await member.post('/secrets', newSecret({ name }));
    expect(again).toMatchObject({ status: 409, body: { code: 'secret.name-taken' } });
    expect((await member.post('/secrets', newSecret({ name, projectId: project.id }))).status).toBe(201);
  });

  it('show who uses them, and stay while someone does', async () => {
    const secret = await create({ projectId: project.id });
    const clusterId = (await buildCluster(api.db)).id;
    const build = { project, clusterId, secretNames: [secret.name] };
    const user = await buildInstance(api.db, build);
    await buildInstance(api.db, { ...build, phase: 'Deleted', volume: 'purged' });
    const elsewhere = { ...build, project: await buildProject(api.db, tenant) };
    await buildInstance(api.db, elsewhere);

    const { body } = await member.get(`/secrets?name=${secret.name}`);
    expect(body.items).toMatchObject([{ usedBy: [{ id: user.id, name: user.name }], usedByTotal: 1 }]);
    const refused = await member.delete(`/secrets/${secret.id}`, '"1"');
    expect(refused).toMatchObject({ status: 409, body: { code: 'secret.in-use', instances: 1 } });
    expect(refused.body.detail).toContain(user.name);
  });

  it('of a tenant are not in use where the project has one of the same name', async () => {
    const shared = await create();
    await create({ name: shared.name, projectId: project.id });
    const clusterId = (await buildCluster(api.db)).id;
    await buildInstance(api.db, { project, clusterId, secretNames: [shared.name] });
    expect((await member.delete(`/secrets/${shared.id}`, '"1"')).status).toBe(204);
  });

  it('of another tenant do not exist, and need a project of the same tenant', async () => {
    const other = await buildTenant(api.db);
    const theirs = await buildProject(api.db, other);
    const stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: other.id });
    const { id } = await create();
    expect((await stranger.put(`/secrets/${id}`, { value: 'x' }, '"1"')).status).toBe(404);
    expect((await stranger.delete(`/secrets/${id}`, '"1"')).status).toBe(404);
    expect((await stranger.get('/secrets')).body.total).toBe(0);
    const crossed = await member.post('/secrets', newSecret({ projectId: theirs.id }));
    expect(crossed).toMatchObject({ status: 404, body: { code: 'project.unknown' } });
  });

  it('are seen but not written by an operator', async () => {
    const operator = await signInAs(api, { role: 'operator', tenantId: tenant.id });
    const { id } = await create();
    expect((await operator.get('/secrets')).status).toBe(200);
    expect((await operator.post('/secrets', newSecret())).status).toBe(403);
    expect((await operator.put(`/secrets/${id}`, { value: 'x' }, '"1"')).status).toBe(403);
  });
});

describe('values for the runtime', () => {
  const key = parseSealingKey(randomBytes(32).toString('base64'));
  const by = { userId: null, name: 'test', requestId: null };
  const place = () => ({ tenantId: tenant.id, projectId: project.id });
  const keep = (projectId: string | null, name: string, value: string) =>
    api.db.transaction(tenantScope(tenant.id), async (tx) => {
      const owner = await requireTenant(tx, tenant.id);
      return createSecret(tx, key, { tenant: owner, projectId, name, description: '', value, by });
    });

  it('are the newest ones, the project’s before the tenant’s', async () => {
    const [both, shared] = [uniqueName('both'), uniqueName('shared')];
    await keep(null, both, 'of the tenant');
    await keep(project.id, both, 'of the project');
    await keep(null, shared, 'for all');
    const values = await api.db.transaction(platformScope(), (tx) =>
      readSecretValues(tx, key, place(), [both, shared, 'missing']),
    );
    expect(values).toEqual(
      new Map([
        [both, 'of the project'],
        [shared, 'for all'],
      ]),
    );
  });

  it('do not open when a row was swapped for another', async () => {
    const [mine, theirs] = [
      await keep(null, uniqueName('mine'), 'mine'),
      await keep(null, uniqueName('theirs'), 'theirs'),
    ];
    await api.db.transaction(platformScope(), (tx) =>
      tx.query(
        'update secret_versions set sealed = (select sealed from secret_versions where secret_id = ?) where secret_id = ?',
        [theirs.id, mine.id],
      ),
    );
    const reading = api.db.transaction(platformScope(), (tx) => readSecretValues(tx, key, place(), [mine.name]));
    await expect(reading).rejects.toThrow();
  });

  it('are held against deletion by who is about to refer to them', async () => {
    const { id, name } = await create();
    let deletion: Promise<{ status: number }> | undefined;
    await api.db.transaction(tenantScope(tenant.id), async (tx) => {
      expect(await missingSecrets(tx, place(), [name, 'nowhere'])).toEqual(['nowhere']);
      deletion = member.delete(`/secrets/${id}`, '"1"');
      await waitUntilBlocked(api.db);
    });
    expect((await deletion)?.status).toBe(204);
  });
});
