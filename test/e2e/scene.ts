import type { UnifiedConfigurationInput } from '../../activities/adapters/configuration.ts';
import { ApiClient } from '../factories/api-client.ts';
import type { ApiAnswer } from '../factories/api-client.ts';
import { signIn } from '../factories/people.ts';
import { startFakeModel } from '../fakes/model-server.ts';
import type { FakeModel } from '../fakes/model-server.ts';
import { testKubernetes } from '../platform/kubernetes.ts';
import type { TestKubernetes } from '../platform/kubernetes.ts';
import { startTestProduct } from '../platform/product.ts';
import type { TestProduct } from '../platform/product.ts';

/** The product beside a real node, with a model that agents reach; nothing in it but its administrator. */
export interface Scene {
  product: TestProduct;
  kubernetes: TestKubernetes;
  model: FakeModel;
  anyone: ApiClient;
  administrator: ApiClient;
  close(): Promise<void>;
}

export const modelKey = 'sk-of-the-tenant';

export async function openScene(environment: NodeJS.ProcessEnv = {}): Promise<Scene> {
  const kubernetes = testKubernetes();
  if (!kubernetes) throw new Error('This test needs the node');
  const model = await startFakeModel({ host: kubernetes.hostAddress });
  const product = await startTestProduct(environment).catch(async (error: unknown) => {
    await model.close();
    throw error;
  });
  const anyone = new ApiClient(product.url);
  return {
    product,
    kubernetes,
    model,
    anyone,
    administrator: await signIn(anyone, { password: '', ...product.administrator }),
    async close() {
      await product.stop();
      await model.close();
    },
  };
}

/** What an answer holds, where another status would fail the test with the whole answer in its message. */
export async function held(request: Promise<ApiAnswer>, status: number): Promise<ApiAnswer['body']> {
  const answer = await request;
  if (answer.status !== status)
    throw new Error(`${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** The node as a cluster of the product, and an OpenClaw to run there. */
export async function registerNode({ administrator, kubernetes }: Scene, name = 'node'): Promise<Registered> {
  const cluster = await held(
    administrator.post('/clusters', {
      name,
      runtime: 'kubernetes',
      kubeconfig: kubernetes.platformKubeconfig,
      // The local Kubernetes has no DNS of its own.
      settings: { dnsPolicy: 'Default', clusterRanges: kubernetes.clusterRanges },
    }),
    201,
  );
  const version = kubernetes.openclawImage.split(':').at(-1);
  const agentVersion = await held(
    administrator.post('/agent-versions', { kind: 'openclaw', version, image: kubernetes.openclawImage }),
    201,
  );
  return { clusterId: cluster.id, agentVersionId: agentVersion.id };
}

interface Registered {
  clusterId: string;
  agentVersionId: string;
}

export interface Home {
  tenantId: string;
  projectId: string;
}

/** A tenant with a project and the key of its model. */
export async function buildHome(
  { administrator }: Scene,
  name: string,
  quota: Record<string, number> = {},
): Promise<Home> {
  const tenant = await held(administrator.post('/tenants', { name, displayName: `Tenant ${name}`, quota }), 201);
  const project = await held(administrator.post('/projects', { tenantId: tenant.id, name: 'bots' }), 201);
  await held(administrator.post('/secrets', { tenantId: tenant.id, name: 'model-key', value: modelKey }), 201);
  return { tenantId: tenant.id, projectId: project.id };
}

/** An agent that talks to the scene's model. */
export const configurationFor = (
  { model }: Pick<Scene, 'model'>,
  more: UnifiedConfigurationInput = {},
): UnifiedConfigurationInput => ({
  providers: [
    {
      name: 'fake',
      baseUrl: model.url,
      api: 'openai-completions',
      apiKey: { secret: 'model-key' },
      models: [{ id: 'small' }],
    },
  ],
  ...more,
});
