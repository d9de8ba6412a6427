import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Permission } from '../../server/access/permissions.ts';
import { Role, roleTemplates } from '../../server/access/roles.ts';
import { isStream } from '../../server/http/route.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiAnswer, ApiClient } from '../factories/api-client.ts';
import { signInAs } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildTenant } from '../factories/tenants.ts';
import { buildOwnedRows, buildSurroundings } from './owned-rows.ts';

/** What every route asks for. A new route has to be entered here, by somebody who has thought about it. */
const asked = {
  signIn: 'public',
  signOut: 'signed-in',
  issueToken: 'public',
  getMe: 'signed-in',
  getMyPermissions: 'signed-in',
  explainAccess: 'signed-in',
  listPermissions: 'signed-in',
  listRoles: 'role:read',
  createRole: 'role:create',
  getRole: 'role:read',
  changeRole: 'role:update',
  deleteRole: 'role:delete',
  listInvitations: 'member:read',
  createInvitation: 'member:create',
  withdrawInvitation: 'member:create',
  lookAtInvitation: 'public',
  acceptInvitation: 'signed-in',
  registerByInvitation: 'public',
  listTenants: 'tenant:read',
  createTenant: 'tenant:create',
  getTenant: 'tenant:read',
  changeTenant: 'tenant:update',
  deleteTenant: 'tenant:delete',
  getQuota: 'quota:read',
  changeQuota: 'quota:update',
  listProjects: 'project:read',
  createProject: 'project:create',
  getProject: 'project:read',
  changeProject: 'project:update',
  deleteProject: 'project:delete',
  listMembers: 'member:read',
  addMember: 'member:create',
  changeMember: 'member:update',
  removeMember: 'member:delete',
  listSecrets: 'secret:read',
  createSecret: 'secret:create',
  changeSecret: 'secret:update',
  deleteSecret: 'secret:delete',
  listAgentKinds: 'agent-version:read',
  listAgentVersions: 'agent-version:read',
  enterAgentVersion: 'agent-version:create',
  changeAgentVersion: 'agent-version:update',
  listClusters: 'cluster:read',
  registerCluster: 'cluster:create',
  getCluster: 'cluster:read',
  changeCluster: 'cluster:update',
  deleteCluster: 'cluster:delete',
  listConfigs: 'config:read',
  createConfig: 'config:create',
  getConfig: 'config:read',
  changeConfig: 'config:update',
  deleteConfig: 'config:delete',
  listConfigVersions: 'config:read',
  getConfigVersion: 'config:read',
  diffConfig: 'config:read',
  validateConfig: 'config:read',
  publishConfig: 'config:publish',
  rollbackConfig: 'config:publish',
  getPlatformDefaults: 'defaults:read',
  setPlatformDefaults: 'defaults:update',
  getTenantDefaults: 'defaults:read',
  setTenantDefaults: 'defaults:update',
  getProjectDefaults: 'defaults:read',
  setProjectDefaults: 'defaults:update',
  listInstances: 'instance:read',
  createInstance: 'instance:create',
  previewInstance: 'instance:create',
  getInstance: 'instance:read',
  updateInstance: 'instance:update',
  deleteInstance: 'instance:delete',
  startInstance: 'instance:start',
  stopInstance: 'instance:stop',
  restartInstance: 'instance:restart',
  killInstance: 'instance:kill',
  syncInstance: 'instance:sync',
  listInstanceRevisions: 'instance:read',
  diffInstanceRevisions: 'instance:read',
  rollbackInstance: 'instance:update',
  listInstanceBackups: 'backup:read',
  listOperations: 'operation:read',
  getOperation: 'operation:read',
  cancelOperation: 'operation:cancel',
  retryOperation: 'operation:retry',
  listRollouts: 'rollout:read',
  createRollout: 'rollout:create',
  previewRollout: 'rollout:create',
  getRollout: 'rollout:read',
  listRolloutTargets: 'rollout:read',
  getRolloutCells: 'rollout:read',
  pauseRollout: 'rollout:control',
  abortRollout: 'rollout:control',
  resumeRollout: 'rollout:control',
  promoteRollout: 'rollout:control',
  rollBackRollout: 'rollout:control',
  retryRollout: 'rollout:create',
  listDrifts: 'drift:read',
  getInstanceDrift: 'drift:read',
  checkInstanceDrift: 'drift:check',
  listMaintenanceSchedules: 'maintenance:read',
  changeMaintenanceSchedule: 'maintenance:update',
  getInstanceUsage: 'usage:read',
  listUsage: 'usage:read',
  listAudit: 'audit:read',
  exportAudit: 'audit:export',
  verifyAudit: 'audit:verify',
  checkpointAudit: 'audit:checkpoint',
  listEvents: 'event:read',
  streamEvents: 'event:read',
  listInstanceEvents: 'event:read',
  getOpenApi: 'public',
  getVersion: 'public',
} as const satisfies Record<string, Permission | 'public' | 'signed-in'>;
type OperationId = keyof typeof asked;

const routes = allRoutes({} as RouteDeps);
/** Of a tenant, by the first part of their path; the others belong to the platform. */
const tenantNouns = [
  'tenants',
  'projects',
  'members',
  'roles',
  'invitations',
  'secrets',
  'configs',
  'instances',
  'operations',
  'rollouts',
];
const isMutation = (id: OperationId): boolean =>
  routes.some((route) => route.operationId === id && route.method !== 'get') && asked[id].includes(':');
const viewerHolds: readonly string[] = roleTemplates[Role.Viewer].grants;

describe('every route', () => {
  let api: TestApi;
  let owner: Client;
  let ids: Record<string, string>;
  let bodies: Partial<Record<OperationId, object>>;
  let viewer: ApiClient;
  let stranger: ApiClient;
  beforeAll(async () => {
    api = await startApi();
    owner = new Client({ connectionString: api.database.ownerUrl });
    await owner.connect();
    const around = await buildSurroundings(owner);
    const { tenantId } = await buildOwnedRows(owner, around);
    const idIn = async (table: string): Promise<string> =>
      (await owner.query<{ id: string }>(`select id from ${table} where tenant_id = $1 limit 1`, [tenantId])).rows[0]
        ?.id ?? '';
    ids = {
      tenants: tenantId,
      projects: await idIn('projects'),
      members: await idIn('role_assignments'),
      roles: await idIn('roles'),
      invitations: await idIn('invitations'),
      secrets: await idIn('secrets'),
      configs: await idIn('config_templates'),
      instances: await idIn('instances'),
      operations: await idIn('operations'),
      rollouts: await idIn('rollouts'),
      clusters: around.clusterId,
      'agent-versions': around.agentVersionId,
    };
    bodies = bodiesOf(ids);
    viewer = await signInAs(api, { role: Role.Viewer, tenantId });
    stranger = await signInAs(api, { role: Role.TenantAdministrator, tenantId: (await buildTenant(api.db)).id });
  });
  afterAll(async () => {
    await owner?.end();
    await api?.close();
  });

  function call(person: ApiClient, id: OperationId): Promise<ApiAnswer> {
    const route = routes.find(({ operationId }) => operationId === id);
    if (!route) throw new Error(`there is no ${id}`);
    const [, noun = ''] = route.path.split('/');
    const path = route.path
      .replace(':id', ids[noun] ?? '')
      .replace(':version', '1')
      .replace(':agentKind', 'openclaw')
      .replace(':name', 'retention');
    const query = id === 'diffConfig' || id === 'diffInstanceRevisions' ? '?from=1&to=1' : '';
    const headers = !isStream(route) && route.ifMatch ? { 'If-Match': '"1"' } : undefined;
    return person.request(route.method.toUpperCase(), `${path}${query}`, { body: bodies[id], headers });
  }

  it('asks for what the table says, and is in the table', () => {
    expect(Object.fromEntries(routes.map(({ operationId, permission }) => [operationId, permission]))).toEqual(asked);
  });

  const operations = Object.keys(asked) as OperationId[];
  it.each(operations.filter((id) => isMutation(id) && !viewerHolds.includes(asked[id])))(
    '%s is refused to a viewer',
    async (id) => {
      const { status, body } = await call(viewer, id);
      expect({ status, code: body.code, detail: body.detail }).toEqual({
        status: 403,
        code: 'access.denied',
        detail: `Needed: ${asked[id]}.`,
      });
    },
  );

  const ofOneTenant = routes
    .filter(({ path }) => path.includes('/:id') && tenantNouns.includes(path.split('/')[1] ?? ''))
    .map(({ operationId }) => operationId as OperationId);
  it.each(ofOneTenant)('%s knows nothing of another tenant’s object', async (id) => {
    const { status } = await call(stranger, id);
    expect(status).toBe(404);
  });
});

/** The smallest that each route takes, so that only the right is in the way. */
function bodiesOf(ids: Record<string, string>): Partial<Record<OperationId, object>> {
  const { tenants: tenantId, projects: projectId, instances, clusters: clusterId } = ids;
  const agentVersionId = ids['agent-versions'];
  const layer = { configuration: {} };
  const rollout = {
    tenantId,
    name: 'rollout',
    change: { kind: 'restart' },
    selection: { instanceIds: [instances] },
  };
  const named = { name: 'name', displayName: 'Name' };
  const instance = { projectId, clusterId, agentVersionId, name: 'agent' };
  return {
    createTenant: named,
    changeTenant: named,
    changeQuota: { cpuMillis: 1, memoryBytes: 1, storageBytes: 1, instances: 1 },
    createProject: { tenantId, ...named },
    changeProject: named,
    addMember: { tenantId, name: 'person', role: 'viewer' },
    changeMember: { role: 'viewer' },
    createRole: { tenantId, name: 'role', grants: ['instance:read'] },
    changeRole: { name: 'role', grants: ['instance:read'] },
    createInvitation: { tenantId, role: 'viewer' },
    checkpointAudit: {},
    createSecret: { tenantId, projectId, name: 'secret', value: 'value' },
    changeSecret: { value: 'value' },
    enterAgentVersion: { kind: 'openclaw', version: '2026.9.6', image: 'openclaw:1' },
    changeAgentVersion: { status: 'deprecated' },
    registerCluster: { name: 'cluster', runtime: 'kubernetes' },
    changeCluster: { name: 'cluster' },
    createConfig: { tenantId, name: 'config', agentKind: 'openclaw', ...layer },
    changeConfig: { name: 'config', ...layer },
    validateConfig: {},
    publishConfig: { version: 1 },
    rollbackConfig: { reason: 'a test' },
    setPlatformDefaults: layer,
    setTenantDefaults: layer,
    setProjectDefaults: layer,
    createInstance: instance,
    previewInstance: instance,
    updateInstance: layer,
    rollbackInstance: { revision: 1 },
    createRollout: rollout,
    previewRollout: rollout,
    pauseRollout: {},
    abortRollout: {},
    resumeRollout: {},
    promoteRollout: {},
    rollBackRollout: {},
    retryRollout: {},
    changeMaintenanceSchedule: { paused: true },
  };
}
