import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let admin: ApiClient;
let viewer: ApiClient;

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  viewer = await signInAs(api, { role: 'viewer', tenantId: (await buildTenant(api.db)).id });
});
afterAll(() => api.close());

const digest = `sha256:${'a'.repeat(64)}`;
const newVersion = (more: object = {}) => ({
  kind: 'openclaw',
  version: uniqueName('v'),
  image: 'registry.example.test:5000/claw/openclaw:2026.9.6',
  ...more,
});

describe('agent kinds', () => {
  it('say what the platform can do with them, to every member', async () => {
    const { status, body } = await viewer.get('/agent-kinds');
    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      { kind: 'openclaw', capabilities: { proof: true, hotConfiguration: true } },
      { kind: 'opencode', capabilities: { proof: true, hotConfiguration: false } },
    ]);
    expect(body.items[0].defaultResources.memoryBytes).toBeGreaterThanOrEqual(
      body.items[0].minimumResources.memoryBytes,
    );
  });
});

describe('agent versions', () => {
  it('are entered, deprecated, and moved to another image, which drops the digest of the old one', async () => {
    const created = await admin.post('/agent-versions', newVersion({ imageDigest: digest }));
    expect(created).toMatchObject({ status: 201, body: { status: 'allowed', imageDigest: digest, generation: 1 } });
    const path = `/agent-versions/${created.body.id}`;
    const deprecated = await admin.patch(path, { status: 'deprecated' }, '"1"');
    expect(deprecated).toMatchObject({
      status: 200,
      body: { status: 'deprecated', imageDigest: digest, generation: 2 },
    });
    const moved = await admin.patch(path, { image: 'localhost/openclaw:2' }, '"2"');
    expect(moved.body).toMatchObject({ image: 'localhost/openclaw:2', imageDigest: null, status: 'deprecated' });
    expect((await admin.patch(path, { status: 'withdrawn' }, '"1"')).status).toBe(412);
    const found = await viewer.get('/agent-versions?status=deprecated&status=withdrawn');
    expect(found.body).toMatchObject({ items: [{ id: created.body.id, permissions: [] }], total: 1 });
  });

  it('keep their image once a revision refers to it', async () => {
    const project = await buildProject(api.db, await buildTenant(api.db));
    const { id } = await buildInstance(api.db, { project, clusterId: (await buildCluster(api.db)).id });
    const [used] = await api.db.transaction(platformScope(), (tx) =>
      tx.query<{ id: string }>('select agent_version_id as id from revisions where instance_id = ?', [id]),
    );
    const path = `/agent-versions/${used?.id}`;
    for (const patch of [{ image: 'localhost/openclaw:2' }, { imageDigest: digest }]) {
      const refused = await admin.patch(path, patch, '"1"');
      expect(refused).toMatchObject({ status: 409, body: { code: 'agent.version-in-use' } });
    }
    const same = { image: 'openclaw:test', imageDigest: null, status: 'deprecated' };
    expect((await admin.patch(path, same, '"1"')).body).toMatchObject({ ...same, generation: 2 });
  });

  it('are entered once', async () => {
    const body = newVersion();
    await admin.post('/agent-versions', body);
    expect(await admin.post('/agent-versions', body)).toMatchObject({
      status: 409,
      body: { code: 'agent.version-exists' },
    });
  });

  it('run from a package alone, where no image is named', async () => {
    const created = await admin.post('/agent-versions', newVersion({ image: null, package: 'openclaw@2026.9.6' }));
    expect(created).toMatchObject({
      status: 201,
      body: { image: null, imageDigest: null, package: 'openclaw@2026.9.6' },
    });
    const path = `/agent-versions/${created.body.id}`;
    const both = await admin.patch(path, { image: 'localhost/openclaw:1', imageDigest: digest }, '"1"');
    expect(both.body).toMatchObject({ image: 'localhost/openclaw:1', package: 'openclaw@2026.9.6' });
    expect((await viewer.get('/agent-versions?limit=200')).body.items).toContainEqual(
      expect.objectContaining({ id: created.body.id, package: 'openclaw@2026.9.6' }),
    );
  });

  it.each([
    ['with neither an image nor a package', { image: null }, '/image'],
    ['with the digest of no image', { image: null, package: 'openclaw@1.0.0', imageDigest: digest }, '/imageDigest'],
    ['with a range of a package', { package: 'openclaw@^1.0.0' }, '/package'],
    ['with the tag of a package', { package: 'openclaw@latest' }, '/package'],
    ['with a package from elsewhere', { package: 'git+ssh://example.org/openclaw' }, '/package'],
  ])('are refused %s', async (_, more, pointer) => {
    expect(await admin.post('/agent-versions', newVersion(more))).toMatchObject({
      status: 422,
      body: { code: 'request.invalid', errors: [{ pointer }] },
    });
  });

  it.each([
    [{ kind: 'unheard-of' }, 'agent.kind-unknown'],
    [{ image: 'has spaces' }, 'request.invalid'],
    [{ imageDigest: 'sha256:short' }, 'request.invalid'],
    [{ version: '../..' }, 'request.invalid'],
  ])('are refused: %j', async (more, code) => {
    expect(await admin.post('/agent-versions', newVersion(more))).toMatchObject({ status: 422, body: { code } });
  });

  it('are entered and changed by the platform alone', async () => {
    const { body } = await admin.post('/agent-versions', newVersion());
    expect((await viewer.post('/agent-versions', newVersion())).status).toBe(403);
    expect((await viewer.patch(`/agent-versions/${body.id}`, { status: 'withdrawn' }, '"1"')).status).toBe(403);
    const nobody = await signInAs(api);
    expect((await nobody.get('/agent-versions')).status).toBe(403);
  });
});
