import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { connectCluster } from '../../activities/runtimes/kubernetes/connect.ts';
import type { Cluster } from '../../activities/runtimes/kubernetes/cluster.ts';
import { parseKubeconfig } from '../../activities/runtimes/kubernetes/kubeconfig.ts';
import type { Report } from '../../deploy/local/report.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { ApiClient, type ApiAnswer } from '../factories/api-client.ts';
import { signIn, uniqueName } from '../factories/people.ts';
import { throwAwayDirectory } from './directory.ts';
import { startTestProduct, type TestProduct } from './product.ts';
import { startScaleCluster, type ScaleCluster } from './scale-cluster.ts';

/** The whole product as its real processes, beside a simulated cluster, with a tenant that has room for thousands. */
export interface ScaleProduct {
  product: TestProduct;
  scale: ScaleCluster;
  /** As the cluster's administrator, past the product. */
  cluster: Cluster;
  administrator: ApiClient;
  tenantId: string;
  projectId: string;
  clusterId: string;
  agentVersionId: string;
  sql<Row extends object>(text: string, ...parameters: unknown[]): Promise<Row[]>;
  /** The body of an answer that must have this status. */
  must<Body = { id: string }>(answer: Promise<ApiAnswer>, status: number): Promise<Body>;
  stop(): Promise<void>;
}

const room = { cpuMillis: 5_000_000, memoryBytes: 2 ** 44, storageBytes: 2 ** 46, instances: 10_000 };

export interface ScaleOptions {
  /** Further settings of the product's processes. */
  environment?: NodeJS.ProcessEnv;
  /** What the tenant is called, where that matters. */
  tenant?: { name: string; displayName?: string };
  /** Keeps a log of who wrote what on the cluster. */
  audited?: boolean;
}

export async function startScaleProduct(
  report: Report,
  { environment = {}, tenant = { name: uniqueName('scale') }, audited = false }: ScaleOptions = {},
): Promise<ScaleProduct> {
  const started: { stop(): Promise<void> }[] = [];
  const keep = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    started.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).toReversed()) await part.stop();
  };
  try {
    report('starting a simulated cluster and the product');
    const scale = keep(
      await startScaleCluster({ directory: throwAwayDirectory('scale'), audited, report: () => undefined }),
    );
    const product = keep(await startTestProduct({ NODE_ENV: 'production', LOG_LEVEL: 'warn', ...environment }));
    const administrator = await signIn(new ApiClient(product.url), { password: '', ...product.administrator });
    const cluster = connectCluster(parseKubeconfig(scale.adminKubeconfig), 30_000);
    keep({ stop: () => cluster.close() });
    const pool = new Pool({ connectionString: product.environment.DATABASE_OWNER_URL, max: 4 });
    // The server may be killed under it.
    pool.on('error', () => undefined);
    keep({ stop: () => pool.end() });

    const created = async (path: string, body: object): Promise<string> =>
      (await must<{ id: string }>(administrator.post(path, body), 201)).id;
    const clusterId = await created('/clusters', {
      name: 'simulated',
      runtime: 'kubernetes',
      kubeconfig: scale.platformKubeconfig,
      settings: scale.settings,
    });
    const image = 'registry.invalid/openclaw:2026.9.6';
    const agentVersionId = await created('/agent-versions', { kind: 'openclaw', version: '2026.9.6', image });
    const tenantId = await created('/tenants', { ...tenant, quota: room });
    const projectId = await created('/projects', { tenantId, name: 'bots' });
    return {
      product,
      scale,
      cluster,
      administrator,
      tenantId,
      projectId,
      clusterId,
      agentVersionId,
      must,
      sql: async <Row extends object>(text: string, ...parameters: unknown[]) =>
        (await pool.query<Row>(text, parameters)).rows,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws Error with the whole answer when its status is another one */
async function must<Body>(answer: Promise<ApiAnswer>, status: number): Promise<Body> {
  const { status: is, body } = await answer;
  if (is !== status) throw new Error(`answers ${is}: ${JSON.stringify(body)}`);
  return body as Body;
}

/** @param more of the body of each request, such as a template */
export async function provisionInstances(
  place: ScaleProduct,
  count: number,
  { more = {}, timeoutMs = 600_000 }: { more?: object; timeoutMs?: number } = {},
): Promise<string[]> {
  const { administrator, projectId, clusterId, agentVersionId, sql } = place;
  const names = Array.from({ length: count }, (_, index) => `agent-${String(index).padStart(4, '0')}`);
  const waiting = [...names];
  const resources = { cpu: '100m', memory: '1280Mi', storage: '1Gi' };
  const ids = new Map<string, string>();
  const create = async (): Promise<void> => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const body = { projectId, clusterId, agentVersionId, name, resources, ...more };
      const headers = { 'Idempotency-Key': randomUUID() };
      const { instanceId } = await place.must<{ instanceId: string }>(
        administrator.post('/instances', body, headers),
        202,
      );
      ids.set(name, instanceId);
    }
  };
  await Promise.all(Array.from({ length: 16 }, create));
  await waitUntil(
    async () => {
      const counted = await sql<{ phase: string; n: number }>(
        `select phase, count(*)::int n from instances where project_id = $1 group by phase`,
        projectId,
      );
      const running = counted.find(({ phase }) => phase === 'Running')?.n ?? 0;
      const busy = await sql(
        `select 1 from operations where project_id = $1 and phase in ('Accepted', 'Running')`,
        projectId,
      );
      if (running < count || busy.length > 0) throw new Error(`not all run: ${JSON.stringify(counted)}`);
    },
    { timeoutMs, everyMs: 500 },
  );
  return names.map((name) => ids.get(name) ?? '');
}
