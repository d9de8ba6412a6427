import { connectCluster } from '../../activities/runtimes/kubernetes/connect.ts';
import type { Cluster } from '../../activities/runtimes/kubernetes/cluster.ts';
import { parseKubeconfig } from '../../activities/runtimes/kubernetes/kubeconfig.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { ApiClient, type ApiAnswer } from '../factories/api-client.ts';
import { signIn } from '../factories/people.ts';
import { bringUp } from '../platform/bring-up.ts';
import { testKubernetes, kubernetesSkipped, type TestKubernetes } from '../platform/kubernetes.ts';
import { startTestProduct, type TestProduct } from '../platform/product.ts';
import type { BenchOptions } from './run.ts';

/** The product as its real processes, beside a real node with OpenClaw's image, and a tenant in it. */
export interface RealProduct {
  product: TestProduct;
  /** As its administrator, past the product. */
  cluster: Cluster;
  administrator: ApiClient;
  tenantId: string;
  /** What the node has, by its name there. */
  image: string;
  /** The body of a request for an instance. */
  newInstance: (name: string) => Record<string, unknown>;
}

export const modelOfNobody = {
  name: 'fake',
  // Of a range for documentation: nobody is there, and nobody is asked.
  baseUrl: 'https://203.0.113.10/v1',
  api: 'openai-completions',
  apiKey: { secret: 'model-key' },
  models: [{ id: 'small' }],
};

export interface Operation {
  id: string;
  instanceId: string | null;
  kind: string;
  phase: string;
  error: unknown;
  steps: { name: string; startedAt: string; endedAt: string | null }[];
}

/** A cluster that is there already (TEST_KUBECONFIG and its like) is used. */
async function bringUpNode({ report, keep, directory }: BenchOptions): Promise<TestKubernetes> {
  if (!testKubernetes()) {
    const no = { postgres: false, temporal: false, web: false, browser: false };
    const needs = { ...no, kubernetes: true, objectStorage: true };
    const platform = keep(await bringUp(needs, directory, report, new AbortController().signal));
    Object.assign(process.env, platform.variables);
  }
  const kubernetes = testKubernetes();
  if (!kubernetes) throw new Error(`This bench needs a real node: ${kubernetesSkipped() ?? 'there is none'}`);
  return kubernetes;
}

export async function startRealProduct(options: BenchOptions): Promise<RealProduct> {
  const { report, keep } = options;
  report('starting Kubernetes and the product');
  const kubernetes = await bringUpNode(options);
  const product = keep(await startTestProduct({ NODE_ENV: 'production' }));
  const administrator = await signIn(new ApiClient(product.url), { password: '', ...product.administrator });
  const created = async (path: string, body: object): Promise<string> =>
    ((await answered(administrator.post(path, body), 201)) as { id: string }).id;

  const clusterId = await created('/clusters', {
    name: 'node',
    runtime: 'kubernetes',
    kubeconfig: kubernetes.platformKubeconfig,
    settings: { dnsPolicy: 'Default' },
  });
  const version = kubernetes.openclawImage.split(':').at(-1);
  const agentVersionId = await created('/agent-versions', {
    kind: 'openclaw',
    version,
    image: kubernetes.openclawImage,
  });
  const tenantId = await created('/tenants', { name: `bench-${Date.now().toString(36)}` });
  const projectId = await created('/projects', { tenantId, name: 'bots' });
  await created('/secrets', { tenantId, name: 'model-key', value: 'sk-of-nobody' });
  const cluster = connectCluster(parseKubeconfig(kubernetes.adminKubeconfig), 30_000);
  keep({ stop: () => cluster.close() });
  return {
    product,
    cluster,
    administrator,
    tenantId,
    image: kubernetes.openclawImage,
    newInstance: (name) => ({
      projectId,
      clusterId,
      agentVersionId,
      name,
      configuration: { providers: [modelOfNobody] },
    }),
  };
}

/** @throws Error with the whole answer when its status is another one */
export async function answered(request: Promise<ApiAnswer>, status: number): Promise<unknown> {
  const answer = await request;
  if (answer.status !== status) throw new Error(`answers ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** The operation at its end, which must be a good one. */
export async function succeeded(api: ApiClient, request: Promise<ApiAnswer>, everyMs = 100): Promise<Operation> {
  const { id } = (await answered(request, 202)) as { id: string };
  return succeededAtLast(api, id, everyMs);
}

/** As `succeeded`, of an operation that somebody else has asked for. */
export async function succeededAtLast(api: ApiClient, id: string, everyMs = 100): Promise<Operation> {
  const operation = await waitUntil(
    async () => {
      const read = (await answered(api.get(`/operations/${id}`), 200)) as Operation;
      if (['Accepted', 'Running', 'Compensating'].includes(read.phase)) throw new Error(JSON.stringify(read));
      return read;
    },
    { timeoutMs: 300_000, everyMs },
  );
  if (operation.phase !== 'Succeeded') throw new Error(`${operation.kind} ended: ${JSON.stringify(operation)}`);
  return operation;
}

/** Deletes an instance with its volume; nothing of it is left afterwards. */
export async function purge(api: ApiClient, instanceId: string): Promise<Operation> {
  const { headers, body } = await api.get(`/instances/${instanceId}`);
  const { name } = body as { name: string };
  const etag = headers.get('ETag') ?? '';
  return succeeded(api, api.delete(`/instances/${instanceId}?purge=true&confirm=${name}`, etag));
}
