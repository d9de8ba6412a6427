import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

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

const pem = Buffer.from('-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n').toString('base64');
const token = 'a-very-secret-token';

const kubeconfig = ({ user, server }: { user?: object; server?: string } = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [
      { name: 'there', cluster: { server: server ?? 'https://10.0.0.1:6443', 'certificate-authority-data': pem } },
    ],
    contexts: [{ name: 'here', context: { cluster: 'there', user: 'me' } }],
    users: [{ name: 'me', user: user ?? { token } }],
  });

const register = (more: object = {}) =>
  admin.post('/clusters', { name: uniqueName('cluster'), runtime: 'kubernetes', ...more });

describe('clusters', () => {
  it('show how far their preparation is, until a kubeconfig makes them ready', async () => {
    const created = await register({ settings: { dnsPolicy: 'Default', storageClass: 'local' } });
    expect(created).toMatchObject({ status: 201, body: { phase: 'Preparing', preparation: null, generation: 1 } });
    const path = `/clusters/${created.body.id}`;
    const preparation = { message: 'Building the kubelet', percent: 40 };
    const busy = await admin.patch(path, { preparation }, '"1"');
    expect(busy).toMatchObject({ status: 200, body: { phase: 'Preparing', preparation } });
    const ready = await admin.patch(path, { kubeconfig: kubeconfig(), settings: { storageClass: null } }, '"2"');
    expect(ready.body).toMatchObject({ phase: 'Ready', preparation: null, settings: { dnsPolicy: 'Default' } });
    expect(ready.body.settings).not.toHaveProperty('storageClass');
    expect(ready.headers.get('ETag')).toBe('"3"');
    expect((await admin.patch(path, { preparation: null }, '"2"')).status).toBe(412);
    expect((await admin.patch(path, { preparation }, '"3"')).body.phase).toBe('Preparing');
    expect((await admin.patch(path, { preparation: null }, '"4"')).body.phase).toBe('Ready');
  });

  it('never give a kubeconfig back, and keep it sealed', async () => {
    const created = await register({ kubeconfig: kubeconfig() });
    expect(created).toMatchObject({ status: 201, body: { phase: 'Ready' } });
    const read = await admin.get(`/clusters/${created.body.id}`);
    const stored = await api.db.transaction(platformScope(), (tx) =>
      tx.query(
        `select encode(sealed, 'escape') as text from cluster_credentials where cluster_id = ?
         union all select to_jsonb(a)::text from audit_entries a where object_id = ?`,
        [created.body.id, created.body.id],
      ),
    );
    expect(stored).toHaveLength(2);
    for (const text of [created.body, read.body, stored].map((value) => JSON.stringify(value))) {
      expect(text).not.toContain(token);
      expect(text).not.toContain('current-context');
    }
  });

  it.each([
    ['runs a program', kubeconfig({ user: { exec: { command: 'rm' } } })],
    ['reads a file', kubeconfig({ user: { 'client-key': '/etc/passwd', token } })],
    ['asks an auth provider', kubeconfig({ user: { 'auth-provider': { name: 'gcp' } } })],
    ['speaks plain HTTP', kubeconfig({ server: 'http://10.0.0.1:8080' })],
    ['is no kubeconfig', 'hello'],
  ])('refuse a kubeconfig that %s, with a pointer', async (_, refused) => {
    const answer = await register({ kubeconfig: refused });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'cluster.kubeconfig-refused', errors: [{ pointer: '/kubeconfig' }] },
    });
    const cluster = await register();
    const patched = await admin.patch(`/clusters/${cluster.body.id}`, { kubeconfig: refused }, '"1"');
    expect(patched).toMatchObject({ status: 422, body: { errors: [{ pointer: '/kubeconfig' }] } });
  });

  it('take a kubeconfig or a preparation, not both', async () => {
    const answer = await register({ kubeconfig: kubeconfig(), preparation: { message: 'soon' } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/preparation' }] } });
  });

  it('are chosen by members, who see neither settings nor messages nor change anything', async () => {
    const { id } = (await register({ settings: { storageClass: 'fast' } })).body;
    const read = await member.get(`/clusters/${id}`);
    expect(read).toMatchObject({ status: 200, body: { settings: null, message: null, permissions: [] } });
    expect((await member.get('/clusters')).body.total).toBeGreaterThan(0);
    expect((await member.post('/clusters', { name: 'mine', runtime: 'kubernetes' })).status).toBe(403);
    expect((await member.patch(`/clusters/${id}`, { name: 'mine' }, '"1"')).status).toBe(403);
    expect((await member.delete(`/clusters/${id}`, '"1"')).status).toBe(403);
    const nobody = await signInAs(api);
    expect((await nobody.get('/clusters')).status).toBe(403);
  });

  it('know the ranges that no agent is given access to', async () => {
    const settings = { dnsPolicy: 'Default', clusterRanges: ['10.244.0.0/16', '10.96.0.0/12', 'fd00:10::/64'] };
    const { id, ...created } = (await register({ settings })).body;
    expect(created.settings).toEqual(settings);
    const narrower = await admin.patch(`/clusters/${id}`, { settings: { clusterRanges: ['10.96.0.0/12'] } }, '"1"');
    expect(narrower.body.settings).toEqual({ dnsPolicy: 'Default', clusterRanges: ['10.96.0.0/12'] });
    const none = await admin.patch(`/clusters/${id}`, { settings: { clusterRanges: null } }, '"2"');
    expect(none.body.settings).toEqual({ dnsPolicy: 'Default' });
    for (const range of ['10.0.0.1', 'pods', '0.0.0.0/0', '10.0.0.0/33']) {
      const refused = await register({ settings: { clusterRanges: [range] } });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/settings/clusterRanges/0' }] } });
    }
  });

  it('take an address for their agents that keeps the agents’ tokens to itself', async () => {
    const settings = { agentAddress: 'https://agents.example.org/of/{instanceId}' };
    const { id, ...created } = (await register({ settings })).body;
    expect(created.settings).toEqual(settings);
    const here = { agentAddress: 'http://127.0.0.1:8080/{instanceId}' };
    expect((await admin.patch(`/clusters/${id}`, { settings: here }, '"1"')).body.settings).toEqual(here);
    expect((await member.patch(`/clusters/${id}`, { settings: here }, '"2"')).status).toBe(403);
    expect((await admin.patch(`/clusters/${id}`, { settings: { agentAddress: null } }, '"2"')).body.settings).toEqual(
      {},
    );
    for (const agentAddress of [
      'https://agents.example.org/%/{instanceId}',
      'http://agents.example.org/{instanceId}',
      'https://agents.example.org/all',
      'https://{instanceId}.example.org/',
      'https://user:password@agents.example.org/{instanceId}',
      'https://agents.example.org/?of={instanceId}',
      'file:///{instanceId}',
    ]) {
      const refused = await register({ settings: { agentAddress } });
      expect(refused).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/settings/agentAddress' }] },
      });
    }
  });

  it('have names of their own', async () => {
    const { name } = (await register()).body;
    expect(await register({ name })).toMatchObject({ status: 409, body: { code: 'cluster.name-taken' } });
  });

  it('stay while an instance or a kept volume is on them, and go with the records of purged ones', async () => {
    const project = await buildProject(api.db, tenant);
    for (const state of [{ phase: 'Unknown' }, { phase: 'Deleted', volume: 'present' as const }]) {
      const { id } = await buildCluster(api.db);
      await buildInstance(api.db, { project, clusterId: id, ...state });
      const answer = await admin.delete(`/clusters/${id}`, '"1"');
      expect(answer).toMatchObject({ status: 409, body: { code: 'cluster.in-use' } });
    }
    const { id } = (await register({ kubeconfig: kubeconfig() })).body;
    await buildInstance(api.db, { project, clusterId: id, phase: 'Deleted', volume: 'purged' });
    expect((await admin.delete(`/clusters/${id}`, '"1"')).status).toBe(204);
    expect((await admin.get(`/clusters/${id}`)).status).toBe(404);
  });
});
