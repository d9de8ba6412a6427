import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { Cluster } from '../../../activities/runtimes/kubernetes/cluster.ts';
import { connectCluster } from '../../../activities/runtimes/kubernetes/connect.ts';
import { parseKubeconfig } from '../../../activities/runtimes/kubernetes/kubeconfig.ts';
import { namespaceOf } from '../../../activities/runtimes/kubernetes/names.ts';
import { waitUntil } from '../../../deploy/local/wait-until.ts';
import { ApiClient, type ApiAnswer } from '../../factories/api-client.ts';
import { signIn, uniqueName } from '../../factories/people.ts';
import { testKubernetes } from '../../platform/kubernetes.ts';
import { startTestProduct, type TestProduct } from '../../platform/product.ts';
import { ClusterRecord } from './cluster-record.ts';
import { inventoryOf } from './inventory.ts';
import { importStandInImage } from './stand-in-image.ts';

/** Long enough for a fault to be in time, short enough for a suite. */
const paces = { STAND_IN_CHECK_SECONDS: '2', STAND_IN_START_SECONDS: '2', STAND_IN_STOP_SECONDS: '2' };
const endsWithinMs = 240_000;

interface InstanceOrder {
  projectId?: string;
  environment?: Record<string, string>;
}

export interface OperationRow {
  id: string;
  kind: string;
  instance_id: string;
  phase: string;
  generation: number;
  superseded_by: string | null;
  error: { code: string; detail: string } | null;
}

/** The whole product, one tenant on the real cluster, and a record of all that happens there. */
export class Fleet {
  readonly product: TestProduct;
  readonly cluster: Cluster;
  readonly record: ClusterRecord;
  readonly tenantId: string;
  readonly namespace: string;
  readonly #pool: Pool;
  readonly #administrator: ApiClient;
  readonly #place: { projectId: string; clusterId: string; agentVersionId: string };

  private constructor(
    parts: Pick<Fleet, 'product' | 'cluster' | 'record' | 'tenantId'> & { pool: Pool; administrator: ApiClient },
    place: { projectId: string; clusterId: string; agentVersionId: string },
  ) {
    this.product = parts.product;
    this.cluster = parts.cluster;
    this.record = parts.record;
    this.tenantId = parts.tenantId;
    this.namespace = namespaceOf(parts.tenantId);
    this.#pool = parts.pool;
    this.#administrator = parts.administrator;
    this.#place = place;
  }

  static async start(): Promise<Fleet> {
    const kubernetes = testKubernetes();
    if (!kubernetes) throw new Error('There is no cluster with a node.');
    const [product, image] = await Promise.all([startTestProduct(), importStandInImage()]);
    const administrator = await signIn(new ApiClient(product.url), { password: '', ...product.administrator });
    const must = async (path: string, body: object): Promise<{ id: string }> => {
      const answer = await administrator.post(path, body);
      if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer.body as { id: string };
    };
    const tenant = await must('/tenants', { name: uniqueName('tenant') });
    const project = await must('/projects', { tenantId: tenant.id, name: 'bots' });
    const place = await must('/clusters', {
      name: 'local',
      runtime: 'kubernetes',
      kubeconfig: kubernetes.platformKubeconfig,
      settings: { dnsPolicy: 'Default', clusterRanges: kubernetes.clusterRanges },
    });
    const version = await must('/agent-versions', { kind: 'openclaw', version: '2026.9.6', image });
    const cluster = connectCluster(parseKubeconfig(kubernetes.adminKubeconfig), 15_000);
    const pool = new Pool({ connectionString: product.environment.DATABASE_OWNER_URL, max: 4 });
    // The server is killed under it.
    pool.on('error', () => undefined);
    const record = await ClusterRecord.begin(cluster);
    return new Fleet(
      { product, cluster, record, pool, administrator, tenantId: tenant.id },
      { projectId: project.id, clusterId: place.id, agentVersionId: version.id },
    );
  }

  get clusterId(): string {
    return this.#place.clusterId;
  }

  async stop(): Promise<void> {
    await this.record.end();
    await this.#pool.end();
    await this.cluster.close();
    await this.product.stop();
  }

  async sql<Row extends object>(text: string, ...parameters: unknown[]): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, parameters)).rows;
  }

  post(path: string, body?: object, key: string = randomUUID()): Promise<ApiAnswer> {
    return this.#administrator.post(path, body, { 'Idempotency-Key': key });
  }

  get(path: string): Promise<ApiAnswer> {
    return this.#administrator.get(path);
  }

  /** @param more of the configuration, so that nobody has checked it yet */
  newInstance(name: string, { projectId = this.#place.projectId, environment = {} }: InstanceOrder = {}): object {
    return {
      ...this.#place,
      projectId,
      name,
      configuration: { environment: { ...paces, ...environment } },
      resources: { cpu: '100m', memory: '1280Mi', storage: '1Gi' },
    };
  }

  /** @returns the id of the operation */
  async create(name: string, order: InstanceOrder = {}): Promise<string> {
    return acceptedIn(await this.post('/instances', this.newInstance(name, order)));
  }

  /** Another tenant, without a space on the cluster. */
  async buildOtherTenant(): Promise<{ tenantId: string; projectId: string }> {
    const tenant = await this.post('/tenants', { name: uniqueName('tenant') });
    const tenantId = tenant.body.id as string;
    const project = await this.post('/projects', { tenantId, name: 'bots' });
    return { tenantId, projectId: project.body.id as string };
  }

  /** Whatever a test has left, so that the next one finds the namespace as it expects it. */
  async purgeAll(): Promise<void> {
    const left = await this.sql<{ id: string }>(
      `select id from instances where phase <> 'Deleted' or volume = 'present'`,
    );
    for (const { id } of left) await this.succeeded(await this.remove(id, { purge: true }));
  }

  /** @returns the id of the operation */
  async verb(instanceId: string, verb: string): Promise<string> {
    return acceptedIn(await this.post(`/instances/${instanceId}/${verb}`));
  }

  async remove(instanceId: string, { purge = false } = {}): Promise<string> {
    const read = await this.get(`/instances/${instanceId}`);
    const { name } = read.body as { name: string };
    const query = purge ? `?purge=true&confirm=${name}` : '';
    return acceptedIn(
      await this.#administrator.delete(`/instances/${instanceId}${query}`, read.headers.get('ETag') ?? ''),
    );
  }

  async instanceOf(operationId: string): Promise<string> {
    return (await this.operation(operationId)).instance_id;
  }

  async operation(id: string): Promise<OperationRow> {
    const [row] = await this.sql<OperationRow>(`select * from operations where id = $1`, id);
    if (!row) throw new Error(`There is no operation ${id}`);
    return row;
  }

  /** Waits until a step of an operation is under way. */
  entered(operationId: string, step: string): Promise<void> {
    return waitUntil(
      async () => {
        const sql = `select 1 from operation_steps where operation_id = $1 and name = $2 and ended_at is null`;
        if ((await this.sql(sql, operationId, step)).length === 0) throw new Error(`${step} has not begun`);
      },
      { timeoutMs: endsWithinMs, everyMs: 20 },
    );
  }

  /** Waits until an operation has succeeded, also while the database comes and goes. */
  async succeeded(id: string): Promise<OperationRow> {
    const row = await waitUntil(
      async () => {
        const found = await this.operation(id);
        if (['Accepted', 'Running', 'Compensating'].includes(found.phase)) {
          const steps = await this.sql(
            `select name, state, attempt, error from operation_steps where operation_id = $1`,
            id,
          );
          throw new Error(`${found.kind} is still ${found.phase}: ${JSON.stringify(steps)}`);
        }
        return found;
      },
      { timeoutMs: endsWithinMs },
    );
    if (row.phase !== 'Succeeded') throw new Error(`${row.kind} ended ${row.phase}: ${JSON.stringify(row.error)}`);
    return row;
  }

  /** Everything in the tenant's namespace, comparable with the same moment of another instance. */
  async inventory(instanceId: string): Promise<string[]> {
    const [newest] = await this.sql<OperationRow>(
      `select * from operations where instance_id = $1 order by generation desc limit 1`,
      instanceId,
    );
    const { id = '', generation = 0 } = newest ?? {};
    return inventoryOf(this.cluster, this.namespace, { instanceId, operationId: id, generation });
  }
}

function acceptedIn(answer: ApiAnswer): string {
  if (answer.status !== 202) throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return (answer.body as { id: string }).id;
}
