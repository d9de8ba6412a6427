import { expect } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../../test/factories/api-client.ts';
import { buildCluster } from '../../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator, uniqueName } from '../../../test/factories/people.ts';
import { startApi, type TestApi, type TestApiOptions } from '../../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../../test/factories/tenants.ts';
import { settleOperation } from '../../operations/commands/settle-operation.ts';
import { platformScope } from '../../persistence/database.ts';

/** A tenant with a project, a place to run, people, and a secret for the model. */
export interface ConfigScene {
  api: TestApi;
  tenant: TestTenant;
  project: TestProject;
  agentVersionId: string;
  /** Of the platform, of the tenant. */
  admin: ApiClient;
  member: ApiClient;
  /** Of the whole tenant; published where a version is asked for. */
  createConfig(content: object): Promise<{ id: string; name: string }>;
  publishedConfig(content: object): Promise<{ id: string; name: string }>;
  /** Writes the content as the next version, without publishing it. */
  nextVersion(config: { id: string; name: string }, content: object): Promise<void>;
  createInstance(more?: object): Promise<ApiAnswer>;
  /** Provisioned, as far as the database goes. */
  runningInstance(more?: object): Promise<string>;
  readInstance(id: string): Promise<ApiAnswer>;
  change(id: string, body: object): Promise<ApiAnswer>;
  settle(operationId: string): Promise<void>;
  close(): Promise<void>;
}

export const provider = {
  name: 'house',
  baseUrl: 'https://models.example.com/v1',
  api: 'openai-completions',
  apiKey: { secret: 'model-key' },
  models: [{ id: 'small' }, { id: 'large' }],
};

export async function buildConfigScene(options: TestApiOptions = {}): Promise<ConfigScene> {
  const api = await startApi(options);
  const tenant = await buildTenant(api.db);
  const project = await buildProject(api.db, tenant);
  const admin = await signInAsAdministrator(api);
  const member = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
  const { id: clusterId } = await buildCluster(api.db);
  const image = { kind: 'openclaw', version: uniqueName('v'), image: 'openclaw:1' };
  const { id: agentVersionId } = (await admin.post('/agent-versions', image)).body;
  await member.post('/secrets', { tenantId: tenant.id, name: 'model-key', value: 'sk-1' });
  const roomy = { cpuMillis: 10 ** 6, memoryBytes: 10 ** 14, storageBytes: 10 ** 14, instances: 10_000 };
  await admin.put(`/tenants/${tenant.id}/quota`, roomy, '"1"');

  const scene: ConfigScene = {
    api,
    tenant,
    project,
    agentVersionId,
    admin,
    member,
    async createConfig(content) {
      const order = { tenantId: tenant.id, name: uniqueName('config'), agentKind: 'openclaw', ...content };
      const answer = await member.post('/configs', order);
      expect(answer.status).toBe(201);
      return answer.body;
    },
    async publishedConfig(content) {
      const config = await scene.createConfig(content);
      expect((await member.post(`/configs/${config.id}/publish`, {})).status).toBe(200);
      return config;
    },
    async nextVersion({ id, name }, content) {
      const { headers } = await member.get(`/configs/${id}`);
      const answer = await member.put(`/configs/${id}`, { name, ...content }, headers.get('ETag') ?? '');
      expect(answer.status).toBe(200);
    },
    createInstance: (more = {}) =>
      member.post('/instances', {
        projectId: project.id,
        clusterId,
        agentVersionId,
        name: uniqueName('agent'),
        ...more,
      }),
    async runningInstance(more) {
      const created = await scene.createInstance(more);
      expect(created).toMatchObject({ status: 202 });
      await scene.settle(created.body.id);
      return created.body.instanceId;
    },
    readInstance: (id) => member.get(`/instances/${id}`),
    async change(id, body) {
      const { headers } = await scene.readInstance(id);
      return member.put(`/instances/${id}`, body, headers.get('ETag') ?? '');
    },
    async settle(operationId) {
      await api.db.transaction(platformScope(), (tx) =>
        settleOperation(tx, operationId, { phase: 'Succeeded', error: null, undone: false }),
      );
    },
    close: () => api.close(),
  };
  return scene;
}

export const pointersOf = ({ body }: ApiAnswer): string[] =>
  (body.errors ?? []).map((fault: { pointer: string }) => fault.pointer);
