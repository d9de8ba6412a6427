import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildConfigScene, type ConfigScene } from '../../server/configs/testing/config-scene.ts';
import { isStream, type AnyRoute, type Route } from '../../server/http/route.ts';
import { settleOperation } from '../../server/operations/commands/settle-operation.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { buildUser, signIn, signInAs, uniqueName } from '../factories/people.ts';
import { buildProject, buildTenant } from '../factories/tenants.ts';

let scene: ConfigScene;
let viewer: ApiClient;
beforeAll(async () => {
  scene = await buildConfigScene({ checkDrift: async () => {}, checkpointAudit: async () => {} });
  viewer = await signInAs(scene.api, { role: 'viewer', tenantId: scene.tenant.id });
});
afterAll(() => scene?.close());

const routes = allRoutes({} as RouteDeps);
const isChange = (any: AnyRoute): any is Route => !isStream(any) && any.method !== 'get' && !any.changesNothing;

interface Order {
  path: string;
  body?: unknown;
  etag?: string;
  /** Left out: the administrator of the platform. */
  by?: ApiClient;
}

const etagOf = async (path: string): Promise<string> => (await scene.admin.get(path)).headers.get('ETag') ?? '';
const sql = <Row>(text: string, parameters: unknown[]): Promise<Row[]> =>
  scene.api.db.transaction(platformScope(), (tx) => tx.query<Row>(text, parameters));

const made = async (path: string, body: object): Promise<string> => {
  const answer = await scene.admin.post(path, body);
  expect({ path, ...answer }).toMatchObject({ path, status: expect.toSatisfy((status: number) => status < 300) });
  return answer.body.id;
};
const on = async (path: string, body?: unknown): Promise<Order> => ({ path, body, etag: await etagOf(path) });

const newProject = () => buildProject(scene.api.db, scene.tenant);
const newSecret = () => made('/secrets', { tenantId: scene.tenant.id, name: uniqueName('secret'), value: 'x' });
const newCluster = () => made('/clusters', { name: uniqueName('cluster'), runtime: 'kubernetes' });
const newMember = () => made('/members', { tenantId: scene.tenant.id, name: uniqueName('person'), role: 'viewer' });
const newInvitation = async (): Promise<{ id: string; token: string }> =>
  (await scene.admin.post('/invitations', { tenantId: scene.tenant.id, role: 'viewer' })).body;
const role = () => ({ name: uniqueName('role'), grants: ['instance:read'] });
const newRole = () => made('/roles', { tenantId: scene.tenant.id, ...role() });
const version = () => ({ kind: 'openclaw', version: uniqueName('v'), image: 'openclaw:1' });
const verb = (name: string) => async (): Promise<Order> => ({
  path: `/instances/${await scene.runningInstance()}/${name}`,
  body: {},
});
async function publishedTwice(): Promise<string> {
  const config = await scene.publishedConfig({ configuration: {} });
  await scene.nextVersion(config, { configuration: { limits: { maxConcurrentRuns: 2 } } });
  await made(`/configs/${config.id}/publish`, {});
  return config.id;
}
async function newRollout(stand: Record<string, unknown> = {}): Promise<string> {
  const project = await newProject();
  await scene.runningInstance({ projectId: project.id });
  await scene.runningInstance({ projectId: project.id });
  const id = await made('/rollouts', {
    name: uniqueName('rollout'),
    change: { kind: 'restart' },
    selection: { projectId: project.id },
    strategy: { waves: [{ size: { count: 1 }, then: 'pause' }, { size: { rest: true } }] },
  });
  const values = { phase: 'Progressing', current_wave: 1, started_at: new Date(), ...stand };
  const set = Object.keys(values).map((column) => `${column} = ?`);
  await sql(`update rollouts set ${set.join(', ')} where id = ?`, [...Object.values(values), id]);
  return id;
}
const onRollout =
  (name: string, stand: Record<string, unknown> = {}) =>
  async (): Promise<Order> => ({ path: `/rollouts/${await newRollout(stand)}/${name}`, body: { reason: 'because' } });
const nobodys = (client: ApiClient) => client.with({ Cookie: '' });

/** A request that succeeds, for each route that changes something; each is made anew. */
const orders: Record<string, () => Promise<Order>> = {
  signIn: async () => {
    const { name, password } = await buildUser(scene.api.db);
    return { path: '/auth/login', body: { name, password }, by: scene.api.anyone };
  },
  issueToken: async () => {
    const { name: username, password } = await buildUser(scene.api.db);
    return { path: '/auth/token', body: { grant_type: 'password', username, password }, by: nobodys(scene.api.anyone) };
  },
  signOut: async () => ({
    path: '/auth/logout',
    by: await signIn(scene.api.anyone, await buildUser(scene.api.db)),
  }),
  createTenant: async () => ({ path: '/tenants', body: { name: uniqueName('tenant') } }),
  changeTenant: async () =>
    on(`/tenants/${scene.tenant.id}`, { name: scene.tenant.name, displayName: uniqueName('x') }),
  deleteTenant: async () => {
    const tenant = await buildTenant(scene.api.db);
    await sql(
      `insert into role_assignments (id, user_id, role, tenant_id) select gen_random_uuid(), user_id, 'viewer', ?
      from role_assignments where tenant_id = ? and role = 'viewer' limit 1`,
      [tenant.id, scene.tenant.id],
    );
    return on(`/tenants/${tenant.id}`);
  },
  changeQuota: async () =>
    on(`/tenants/${scene.tenant.id}/quota`, {
      cpuMillis: 10 ** 6,
      memoryBytes: 10 ** 14,
      storageBytes: 10 ** 14,
      instances: 10_000,
    }),
  createProject: async () => ({ path: '/projects', body: { tenantId: scene.tenant.id, name: uniqueName('project') } }),
  changeProject: async () => {
    const { id, name } = await newProject();
    return on(`/projects/${id}`, { name, displayName: 'Another' });
  },
  deleteProject: async () => on(`/projects/${(await newProject()).id}`),
  addMember: async () => ({
    path: '/members',
    body: { tenantId: scene.tenant.id, name: uniqueName('person'), role: 'viewer' },
  }),
  changeMember: async () => ({ path: `/members/${await newMember()}`, body: { role: 'operator' }, etag: '"1"' }),
  removeMember: async () => ({ path: `/members/${await newMember()}`, etag: '"1"' }),
  createInvitation: async () => ({ path: '/invitations', body: { tenantId: scene.tenant.id, role: 'viewer' } }),
  withdrawInvitation: async () => ({ path: `/invitations/${(await newInvitation()).id}` }),
  acceptInvitation: async () => ({
    path: '/invitations/accept',
    body: { token: (await newInvitation()).token },
    by: await signIn(scene.api.anyone, await buildUser(scene.api.db)),
  }),
  registerByInvitation: async () => ({
    path: '/invitations/register',
    body: { token: (await newInvitation()).token, name: uniqueName('person'), password: 'long enough to be one' },
    by: nobodys(scene.api.anyone),
  }),
  createRole: async () => ({ path: '/roles', body: { tenantId: scene.tenant.id, ...role() } }),
  changeRole: async () => on(`/roles/${await newRole()}`, role()),
  deleteRole: async () => on(`/roles/${await newRole()}`),
  createSecret: async () => ({
    path: '/secrets',
    body: { tenantId: scene.tenant.id, name: uniqueName('secret'), value: 'x' },
  }),
  changeSecret: async () => ({ path: `/secrets/${await newSecret()}`, body: { value: 'y' }, etag: '"1"' }),
  deleteSecret: async () => ({ path: `/secrets/${await newSecret()}`, etag: '"1"' }),
  enterAgentVersion: async () => ({ path: '/agent-versions', body: version() }),
  changeAgentVersion: async () => ({
    path: `/agent-versions/${await made('/agent-versions', version())}`,
    body: { status: 'deprecated' },
    etag: '"1"',
  }),
  registerCluster: async () => ({ path: '/clusters', body: { name: uniqueName('cluster'), runtime: 'kubernetes' } }),
  changeCluster: async () => on(`/clusters/${await newCluster()}`, { settings: { dnsPolicy: 'Default' } }),
  deleteCluster: async () => on(`/clusters/${await newCluster()}`),
  cordonCluster: async () => ({ path: `/clusters/${await newCluster()}/cordon` }),
  uncordonCluster: async () => ({ path: `/clusters/${await newCluster()}/uncordon` }),
  setAllowedClusters: async () => on(`/tenants/${scene.tenant.id}/clusters`, { clusterIds: null }),
  createConfig: async () => ({
    path: '/configs',
    body: { tenantId: scene.tenant.id, name: uniqueName('config'), agentKind: 'openclaw', configuration: {} },
  }),
  changeConfig: async () => {
    const { id, name } = await scene.createConfig({ configuration: {} });
    return on(`/configs/${id}`, { name, configuration: { limits: { maxConcurrentRuns: 3 } } });
  },
  deleteConfig: async () => on(`/configs/${(await scene.createConfig({ configuration: {} })).id}`),
  publishConfig: async () => {
    const config = await scene.publishedConfig({ configuration: {} });
    await scene.runningInstance({ templateId: config.id });
    await scene.nextVersion(config, { configuration: { limits: { maxConcurrentRuns: 4 } } });
    const strategy = { waves: [{ size: { rest: true } }] };
    return { path: `/configs/${config.id}/publish`, body: { strategy } };
  },
  rollbackConfig: async () => ({ path: `/configs/${await publishedTwice()}/rollback`, body: { reason: 'it broke' } }),
  setPlatformDefaults: async () => on('/platform/defaults/openclaw', { configuration: {} }),
  setTenantDefaults: async () => on(`/tenants/${scene.tenant.id}/defaults/openclaw`, { configuration: {} }),
  setProjectDefaults: async () => on(`/projects/${scene.project.id}/defaults/openclaw`, { configuration: {} }),
  createInstance: async () => {
    const [place] = await sql<{ id: string }>(`select id from clusters where phase = 'Ready' limit 1`, []);
    const { project, agentVersionId } = scene;
    return {
      path: '/instances',
      body: { projectId: project.id, clusterId: place?.id, agentVersionId, name: uniqueName('agent') },
    };
  },
  updateInstance: async () =>
    on(`/instances/${await scene.runningInstance()}`, { configuration: { limits: { maxConcurrentRuns: 2 } } }),
  deleteInstance: async () => on(`/instances/${await scene.runningInstance()}`),
  startInstance: verb('start'),
  stopInstance: verb('stop'),
  restartInstance: verb('restart'),
  killInstance: verb('kill'),
  syncInstance: verb('sync'),
  rollbackInstance: async () => {
    const id = await scene.runningInstance();
    await scene.settle((await scene.change(id, { configuration: { limits: { maxConcurrentRuns: 2 } } })).body.id);
    return { path: `/instances/${id}/rollback`, body: { revision: 1 } };
  },
  cancelOperation: async () => ({ path: `/operations/${(await scene.createInstance()).body.id}/cancel` }),
  retryOperation: async () => {
    const { id } = (await scene.createInstance()).body;
    const error = { code: 'server.error' as const, detail: 'it broke' };
    await scene.api.db.transaction(platformScope(), (tx) =>
      settleOperation(tx, id, { phase: 'Failed', error, undone: true }),
    );
    return { path: `/operations/${id}/retry` };
  },
  createRollout: async () => {
    const project = await newProject();
    await scene.runningInstance({ projectId: project.id });
    return {
      path: '/rollouts',
      body: {
        name: uniqueName('rollout'),
        change: { kind: 'restart' },
        selection: { projectId: project.id },
        strategy: { waves: [{ size: { rest: true } }] },
      },
    };
  },
  pauseRollout: onRollout('pause'),
  abortRollout: onRollout('abort'),
  resumeRollout: onRollout('resume', { phase: 'Paused', pause_reason: 'requested' }),
  promoteRollout: onRollout('promote', { phase: 'Paused', pause_reason: 'wave-passed' }),
  rollBackRollout: onRollout('rollback', { kind: 'image' }),
  retryRollout: onRollout('retry', { phase: 'Failed', ended_at: new Date() }),
  checkInstanceDrift: verb('drift'),
  changeMaintenanceSchedule: async () => {
    const { body } = await scene.admin.get('/maintenance-schedules');
    const { generation } = body.items.find(({ name }: { name: string }) => name === 'retention');
    return { path: '/maintenance-schedules/retention', body: { everySeconds: 3_600 }, etag: `"${generation}"` };
  },
  checkpointAudit: async () => ({ path: '/audit/checkpoints' }),
};

/** Those that anybody may ask of: how they refuse is told below. */
const withoutRight = ['signIn', 'issueToken', 'signOut', 'acceptInvitation', 'registerByInvitation'];

interface Told {
  outcome: string;
  action: string;
}

async function send({ method }: Route, order: Order, by: ApiClient): Promise<{ status: number; entries: Told[] }> {
  const { path, body, etag } = order;
  const requestId = uniqueName('request');
  const headers = { 'X-Request-Id': requestId, ...(etag && { 'If-Match': etag }) };
  const { status } = await by.request(method.toUpperCase(), path, { body, headers });
  const entries = await sql<Told>(`select outcome, action from audit_entries where request_id = ?`, [requestId]);
  return { status, entries };
}

describe('every route that changes something', () => {
  const changing = routes.filter(isChange);

  it('is tried here', () => {
    expect(Object.keys(orders).toSorted()).toEqual(changing.map(({ operationId }) => operationId).toSorted());
  });

  it.each(changing.map((route) => [route.operationId, route] as const))(
    'writes one entry when it succeeds: %s',
    async (operationId, route) => {
      const order = await orders[operationId]?.();
      if (!order) throw new Error(`${operationId} is not tried here`);
      const { status, entries } = await send(route, order, order.by ?? scene.admin);
      expect({ status, entries }).toEqual({
        status: expect.toSatisfy((answered: number) => answered < 300),
        entries: [{ outcome: expect.stringMatching(/^(accepted|succeeded)$/), action: expect.any(String) }],
      });
    },
  );

  it.each(
    changing.filter(({ operationId }) => !withoutRight.includes(operationId)).map((r) => [r.operationId, r] as const),
  )('writes one entry when it refuses: %s', async (operationId, route) => {
    const order = await orders[operationId]?.();
    if (!order) throw new Error(`${operationId} is not tried here`);
    const { status, entries } = await send(route, order, viewer);
    expect({ status, entries }).toEqual({ status: 403, entries: [{ outcome: 'denied', action: operationId }] });
  });
});

describe('whoever signs in', () => {
  const tries = [
    ['/auth/login', (name: string) => ({ name, password: 'not this one' })],
    ['/auth/token', (username: string) => ({ grant_type: 'password', username, password: 'not this one' })],
    ['/auth/token', () => ({ grant_type: 'refresh_token', refresh_token: `${crypto.randomUUID()}.nothing` })],
  ] as const;
  it.each(tries)('and fails is one entry: %s', async (path, body) => {
    const { name } = await buildUser(scene.api.db);
    const requestId = uniqueName('request');
    const { status } = await scene.api.anyone.post(path, body(name), { 'X-Request-Id': requestId });
    const entries = await sql(`select outcome from audit_entries where request_id = ?`, [requestId]);
    expect({ status, entries }).toEqual({ status: 401, entries: [{ outcome: 'denied' }] });
  });

  it('and goes on with a refresh token is one entry', async () => {
    const { name: username, password } = await buildUser(scene.api.db);
    const { body } = await scene.api.anyone.post('/auth/token', { grant_type: 'password', username, password });
    const requestId = uniqueName('request');
    const again = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
    expect((await scene.api.anyone.post('/auth/token', again, { 'X-Request-Id': requestId })).status).toBe(200);
    const entries = await sql(`select action, outcome from audit_entries where request_id = ?`, [requestId]);
    expect(entries).toEqual([{ action: 'refreshSession', outcome: 'succeeded' }]);
  });
});

describe('whoever comes with a token that offers nothing', () => {
  const token = 'not this one';
  const tries = [
    ['accept', 'acceptInvitation', () => ({ token }), () => viewer],
    [
      'register',
      'registerByInvitation',
      () => ({ token, name: uniqueName('person'), password: 'long enough to be one' }),
      () => nobodys(scene.api.anyone),
    ],
  ] as const;
  it.each(tries)('is one entry: %s', async (name, action, body, by) => {
    const requestId = uniqueName('request');
    const { status } = await by().post(`/invitations/${name}`, body(), { 'X-Request-Id': requestId });
    const entries = await sql(`select action, outcome from audit_entries where request_id = ?`, [requestId]);
    expect({ status, entries }).toEqual({ status: 404, entries: [{ action, outcome: 'denied' }] });
  });
});

describe('every look into what is confidential', () => {
  const looking = routes.filter((any): any is Route => !isStream(any) && any.looksInto !== undefined);

  it('is named by its route', () => {
    expect(looking.map(({ operationId }) => operationId)).toEqual(['listSecrets', 'exportAudit']);
    const confidential = routes.filter(
      ({ path, method }) => method === 'get' && /secret|log|file|console|export/.test(path),
    );
    expect(confidential.map(({ operationId }) => operationId)).toEqual(looking.map(({ operationId }) => operationId));
  });

  it.each(looking.map((route) => [route.operationId, route] as const))(
    'is one entry: %s',
    async (operationId, route) => {
      const person = await signInAs(scene.api, { role: 'tenant-administrator', tenantId: scene.tenant.id });
      const first = await send(route, { path: route.path }, person);
      expect(first).toEqual({ status: 200, entries: [{ outcome: 'succeeded', action: operationId }] });
      expect((await send(route, { path: route.path }, person)).entries).toEqual([]);
    },
  );
});
