import { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { Database, platformScope } from '../../server/persistence/database.ts';
import { Role } from '../../server/access/roles.ts';
import { ApiClient } from '../factories/api-client.ts';
import { buildInstance } from '../factories/instances.ts';
import { buildUser, signIn, uniqueName, type TestUser } from '../factories/people.ts';
import { withoutLimits } from '../factories/without-limits.ts';
import { startTestProduct } from '../platform/product.ts';

/** The product as its processes, with two tenants in it that have something of everything. */
export interface FuzzPlace {
  url: string;
  platformAdministrator: TestUser;
  /** Of one tenant each. */
  tenantAdministrators: readonly [TestUser, TestUser];
  /** Ids of what the first tenant has, by the noun of the route. */
  ids: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startFuzzPlace(): Promise<FuzzPlace> {
  const product = await startTestProduct({ NODE_ENV: 'test', ...withoutLimits });
  const db = await Database.open({ url: product.environment.DATABASE_URL ?? '', applicationName: 'fuzz-place' });
  try {
    const anyone = new ApiClient(product.url);
    const root = await signIn(anyone, { password: '', ...product.administrator });
    const shared = await buildShared(root);
    const [ids, others] = [await buildTenantThere(db, root, shared), await buildTenantThere(db, root, shared)];
    const administers = (tenantId: string) => buildUser(db, { role: Role.TenantAdministrator, tenantId });
    return {
      url: product.url,
      platformAdministrator: await buildUser(db, { role: Role.PlatformAdministrator }),
      tenantAdministrators: [await administers(ids.tenants), await administers(others.tenants)],
      ids: { ...ids, ...shared },
      stop: () => product.stop(),
    };
  } catch (error) {
    await product.stop();
    throw error;
  } finally {
    await db.close();
  }
}

const make = async (root: ApiClient, path: string, body: object): Promise<Record<string, string>> => {
  const answer = await root.post(path, body);
  if (answer.status >= 300) throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const idOf = async (root: ApiClient, path: string, body: object): Promise<string> =>
  (await make(root, path, body)).id ?? '';

const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n').toString('base64');

/** Nobody answers there, so that whatever is to happen on it is tried again and again, and then fails. */
const kubeconfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    { name: 'nowhere', cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': certificate } },
  ],
  users: [{ name: 'nobody', user: { token: 'a-token' } }],
  contexts: [{ name: 'nowhere', context: { cluster: 'nowhere', user: 'nobody' } }],
  'current-context': 'nowhere',
});

const buildShared = async (root: ApiClient) => ({
  clusters: await idOf(root, '/clusters', { name: uniqueName('cluster'), runtime: 'kubernetes', kubeconfig }),
  'agent-versions': await idOf(root, '/agent-versions', { kind: 'openclaw', version: '2026.9.6', image: 'openclaw:1' }),
});

/** A tenant with one of everything that its routes can name. */
async function buildTenantThere(db: Database, root: ApiClient, shared: Record<'clusters' | 'agent-versions', string>) {
  const tenantId = await idOf(root, '/tenants', { name: uniqueName('tenant') });
  const roomy = { cpuMillis: 10 ** 7, memoryBytes: 10 ** 15, storageBytes: 10 ** 15, instances: 10_000 };
  await root.put(`/tenants/${tenantId}/quota`, roomy, '"1"');
  const projectId = await idOf(root, '/projects', { tenantId, name: 'project' });
  const configs = await idOf(root, '/configs', { tenantId, name: 'config', agentKind: 'openclaw', configuration: {} });
  await make(root, `/configs/${configs}/publish`, {});
  const project = { id: projectId, name: 'project', tenantId };
  const running = await buildInstance(db, { project, clusterId: shared.clusters });
  await db.transaction(platformScope(), (tx) =>
    tx.query('update revisions set configuration = ?::jsonb where instance_id = ?', [
      JSON.stringify(UnifiedConfiguration.parse({})),
      running.id,
    ]),
  );
  const { id: operations } = await make(root, '/instances', {
    projectId,
    clusterId: shared.clusters,
    agentVersionId: shared['agent-versions'],
    name: 'agent',
  });
  return {
    tenants: tenantId,
    projects: projectId,
    configs,
    instances: running.id,
    operations: operations ?? '',
    secrets: await idOf(root, '/secrets', { tenantId, name: 'secret', value: 'sk-of-nobody' }),
    members: await idOf(root, '/members', { tenantId, name: uniqueName('person'), role: 'viewer' }),
    roles: await idOf(root, '/roles', { tenantId, name: 'own', grants: ['instance:read'] }),
    invitations: await idOf(root, '/invitations', { tenantId, role: 'viewer' }),
    rollouts: await idOf(root, '/rollouts', {
      tenantId,
      name: 'rollout',
      change: { kind: 'restart' },
      selection: { instanceIds: [running.id] },
    }),
  };
}
