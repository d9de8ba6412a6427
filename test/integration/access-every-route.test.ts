import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Permission } from '../../server/access/permissions.ts';
import { Role, roleTemplates } from '../../server/access/roles.ts';
import { openApiDocument } from '../../server/http/openapi.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import type { ApiAnswer, ApiClient } from '../factories/api-client.ts';
import { signInAs } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildRequest } from '../isolation/build-request.ts';
import { operationsOf, type ApiDocument } from '../isolation/document.ts';
import type { Kind } from '../isolation/kinds.ts';
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
  cordonCluster: 'cluster:update',
  uncordonCluster: 'cluster:update',
  getClusterCapacity: 'cluster:update',
  getAllowedClusters: 'tenant:read',
  setAllowedClusters: 'cluster:update',
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
const isMutation = (id: OperationId): boolean =>
  routes.some((route) => route.operationId === id && route.method !== 'get') && asked[id].includes(':');
const viewerHolds: readonly string[] = roleTemplates[Role.Viewer].grants;

/** Requests are made from the description of each route, as by the isolation fuzz. */
const described = new Map(
  operationsOf(openApiDocument(routes, 'test') as unknown as ApiDocument).map((operation) => [operation.id, operation]),
);

describe('every route', () => {
  let api: TestApi;
  let ids: (kind: Kind) => string;
  let viewer: ApiClient;
  beforeAll(async () => {
    api = await startApi();
    const owner = new Client({ connectionString: api.database.ownerUrl });
    await owner.connect();
    const { clusterId, agentVersionId } = await buildSurroundings(owner);
    const owned = await buildOwnedRows(owner, { clusterId, agentVersionId });
    await owner.end();
    const all: Record<Kind, string> = { ...owned.ids, cluster: clusterId, agentVersion: agentVersionId };
    ids = (kind) => all[kind];
    viewer = await signInAs(api, { role: Role.Viewer, tenantId: owned.tenantId });
  });
  afterAll(() => api?.close());

  function call(person: ApiClient, id: OperationId): Promise<ApiAnswer> {
    const operation = described.get(id);
    if (!operation) throw new Error(`there is no ${id}`);
    const { method, path, body, headers } = buildRequest(operation, { ids });
    return person.request(method, path, { body, headers });
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
});
