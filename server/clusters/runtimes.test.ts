import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let admin: ApiClient;
beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
});
afterAll(() => api.close());

const pem = (passphrase?: string): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ format: 'pem', type: 'pkcs8', ...(passphrase && { cipher: 'aes-256-cbc', passphrase }) })
    .toString();

/** Magic, then the cipher's name: as much of the format as is looked at. */
const openSsh = (cipher: string): string => {
  const name = Buffer.from(cipher);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  const body = Buffer.concat([Buffer.from('openssh-key-v1\0'), length, name, Buffer.alloc(60)]).toString('base64');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
};

const host = { address: 'worker-1.example.org', port: 2222, user: 'agents', hostKey: `SHA256:${'A'.repeat(43)}` };
const directory = '/srv/open-cluster-claw';
const register = (body: object) => admin.post('/clusters', { name: uniqueName('cluster'), ...body });
const machine = (settings: object, more: object = {}) =>
  register({ runtime: 'machine', settings: { directory, ...settings }, ...more });

describe('clusters of other runtimes', () => {
  it('are there at once: nothing has to be prepared', async () => {
    const local = await machine({});
    expect(local).toMatchObject({
      status: 201,
      body: { runtime: 'machine', phase: 'Ready', isolatesTenants: false, tenantId: null, settings: { directory } },
    });
    for (const runtime of ['docker', 'podman']) {
      const settings = { socketPath: `/run/${runtime}.sock` };
      expect(await register({ runtime, settings })).toMatchObject({
        status: 201,
        body: { runtime, phase: 'Ready', isolatesTenants: true, settings },
      });
    }
  });

  it('keep the private key of a host sealed, and never give it back', async () => {
    const privateKey = pem();
    const created = await machine({ host }, { privateKey });
    expect(created).toMatchObject({ status: 201, body: { settings: { directory, host } } });
    const path = `/clusters/${created.body.id}`;
    const replaced = await admin.patch(path, { privateKey: openSsh('none'), settings: { host: { port: 22 } } }, '"1"');
    expect(replaced).toMatchObject({ status: 200, body: { settings: { host: { ...host, port: 22 } } } });
    const stored = await api.db.transaction(platformScope(), (tx) =>
      tx.query<{ text: string }>(
        `select encode(sealed, 'escape') as text from cluster_credentials where cluster_id = ?
         union all select to_jsonb(a)::text from audit_entries a where object_id = ?`,
        [created.body.id, created.body.id],
      ),
    );
    expect(stored).toHaveLength(3);
    for (const text of [created.body, replaced.body, stored].map((value) => JSON.stringify(value))) {
      expect(text).not.toContain('PRIVATE KEY');
    }
  });

  it.each([
    ['that is locked', () => pem('secret')],
    ['that is locked, in OpenSSH’s own format', () => openSsh('aes256-ctr')],
    ['that is none', () => 'hello'],
  ])('refuse a private key %s, with a pointer', async (_, key) => {
    expect(await machine({ host }, { privateKey: key() })).toMatchObject({
      status: 422,
      body: { code: 'cluster.key-refused', errors: [{ pointer: '/privateKey' }] },
    });
  });

  it('need a key for a host, and take none for the machine itself', async () => {
    const unfit = { status: 422, body: { code: 'request.unfit', errors: [{ pointer: '/privateKey' }] } };
    expect(await machine({ host })).toMatchObject(unfit);
    expect(await machine({}, { privateKey: pem() })).toMatchObject(unfit);
    const { body } = await machine({});
    expect(await admin.patch(`/clusters/${body.id}`, { privateKey: pem() }, '"1"')).toMatchObject(unfit);
  });

  it.each([
    ['relative/path', 'directory'],
    ['/', 'directory'],
    ['/srv/../etc', 'directory'],
    ['/srv/a b', 'directory'],
    ['/srv/%(here)s', 'directory'],
  ])('refuse the directory %s', async (refused) => {
    expect(await machine({ directory: refused })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/settings/directory' }] },
    });
  });

  it.each([
    [{ hostKey: 'MD5:00:11' }, 'hostKey'],
    [{ address: '-oProxyCommand=x' }, 'address'],
    [{ user: 'root; rm' }, 'user'],
    [{ port: 0 }, 'port'],
  ])('refuse a host with %j', async (over, name) => {
    expect(await machine({ host: { ...host, ...over } }, { privateKey: pem() })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: `/settings/host/${name}` }] },
    });
  });

  it('have the settings of their own runtime, and no other’s', async () => {
    expect((await register({ runtime: 'docker', settings: { directory } })).status).toBe(422);
    expect((await register({ runtime: 'docker' })).status).toBe(422);
    expect((await register({ runtime: 'lambda', settings: {} })).status).toBe(422);
    const { body } = await machine({});
    for (const [settings, pointer] of [
      [{ socketPath: '/run/docker.sock' }, '/settings/socketPath'],
      [{ storageClass: 'fast' }, '/settings/storageClass'],
      [{ host: { port: 22 } }, '/settings/host'],
    ] as const) {
      expect(await admin.patch(`/clusters/${body.id}`, { settings }, '"1"')).toMatchObject({
        status: 422,
        body: { code: 'request.unfit', errors: [{ pointer }] },
      });
    }
    expect(await admin.patch(`/clusters/${body.id}`, { preparation: { message: 'soon' } }, '"1"')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/preparation' }] },
    });
  });

  it('have labels to choose by, which are replaced as a whole', async () => {
    const created = await machine({}, { labels: { zone: 'a', disk: 'fast' } });
    expect(created.body.labels).toEqual({ zone: 'a', disk: 'fast' });
    const changed = await admin.patch(`/clusters/${created.body.id}`, { labels: { zone: 'b' } }, '"1"');
    expect(changed.body.labels).toEqual({ zone: 'b' });
    expect((await machine({}, { labels: { 'not a key': 'a' } })).status).toBe(422);
    expect((await admin.get('/clusters?runtime=machine&runtime=docker&limit=200')).body.items).toContainEqual(
      expect.objectContaining({ id: created.body.id }),
    );
  });

  it('are registered by the platform alone', async () => {
    const { id: tenantId } = await buildTenant(api.db);
    const member = await signInAs(api, { role: 'tenant-administrator', tenantId });
    const body = { name: uniqueName('cluster'), runtime: 'machine', settings: { directory }, tenantId };
    expect(await member.post('/clusters', body)).toMatchObject({ status: 403 });
  });
});
