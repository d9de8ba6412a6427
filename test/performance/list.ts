import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../deploy/local/directories.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { localProcess, startAndWait } from '../../deploy/local/process.ts';
import { productEnvironment } from '../../deploy/local/product-environment.ts';
import { startProductProcess } from '../../deploy/local/product-process.ts';
import { migrate } from '../../deploy/local/product-tasks.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { Role } from '../../server/access/roles.ts';
import { Database } from '../../server/persistence/database.ts';
import { ApiClient } from '../factories/api-client.ts';
import { buildUser } from '../factories/people.ts';
import { throwAwayDirectory } from '../platform/directory.ts';
import { startOwnPostgres } from '../platform/postgres.ts';
import type { BareOrder } from './bare-server.ts';
import { quantile, spreadOf, type Figure } from './figures.ts';
import { fillInstances } from './fill-instances.ts';
import { listStatements } from './list-statements.ts';
import { requestsPerSecond } from './load.ts';
import type { BenchOptions } from './run.ts';

const path = '/api/v1/instances?limit=50';
const poolSize = 10;
const connections = 8;
const warmUpMs = 8_000;
const runMs = 3_000;
/** Counted as ever, so that what they cost is measured too. */
const limitsOutOfReach = { RATE_LIMIT_USER: '10000000', RATE_LIMIT_TOKEN: '10000000', RATE_LIMIT_TENANT: '10000000' };

/**
 * The instance list of the real api process, signed in by bearer token, with rights and row-level security, against
 * the same two statements and the same JSON without them. In turns, so that whatever else the machine does hits both.
 */
export async function benchList({ pairs, report, keep }: BenchOptions): Promise<Figure[]> {
  report('starting PostgreSQL and filling 10,000 instances');
  const directory = throwAwayDirectory('list');
  const postgres = keep(await startOwnPostgres());
  const ownerUrl = await postgres.database('occ');
  const nowhere = { address: '127.0.0.1:1', namespace: 'default', uiUrl: 'http://127.0.0.1:1' };
  const place = { directory, databaseOwnerUrl: ownerUrl, temporal: nowhere, port: await freePort() };
  const environment: NodeJS.ProcessEnv = { ...productEnvironment(place), ...limitsOutOfReach, NODE_ENV: 'production' };
  await migrate(environment);
  const { tenantId } = await fillInstances(ownerUrl, { instances: 10_000 });
  await fillInstances(ownerUrl, { instances: 1_000 });

  report('starting the api and the bare server');
  const api = keep(await startProductProcess('api', { directory, environment, report: () => undefined }));
  const headers = await signIn(api.healthUrl, environment.DATABASE_URL ?? '', tenantId);
  const listed = await new ApiClient(api.healthUrl, headers).get('/instances?limit=50');
  const [page = '', count = ''] = await listStatements(tenantId);
  const bareUrl = await startBare(keep, {
    databaseUrl: ownerUrl,
    poolSize,
    port: await freePort(),
    page,
    count,
    next: (listed.body as { next: string }).next,
  });
  const bareBody: unknown = await (await fetch(bareUrl)).json();
  if (JSON.stringify(bareBody) !== JSON.stringify(listed.body))
    throw new Error('the two servers answer different JSON');

  const product = { url: api.healthUrl, path, headers, connections };
  const bare = { url: bareUrl, path: '/', headers: {}, connections };
  report('warming up');
  for (const load of [product, bare]) await requestsPerSecond({ ...load, durationMs: warmUpMs });

  const measured: { product: number; bare: number }[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    // Who goes first changes too.
    const first = pair % 2 === 1;
    const before = first ? await requestsPerSecond({ ...product, durationMs: runMs }) : 0;
    const bareRate = await requestsPerSecond({ ...bare, durationMs: runMs });
    const productRate = first ? before : await requestsPerSecond({ ...product, durationMs: runMs });
    measured.push({ product: productRate, bare: bareRate });
    report(`pair ${pair}: product ${productRate.toFixed(0)}/s, bare ${bareRate.toFixed(0)}/s`);
  }

  return [
    {
      name: 'list-product-median',
      value: quantile(
        measured.map((run) => run.product),
        0.5,
      ),
      unit: '/s',
    },
    {
      name: 'list-bare-median',
      value: quantile(
        measured.map((run) => run.bare),
        0.5,
      ),
      unit: '/s',
    },
    ...spreadOf(
      'list-ratio',
      measured.map((run) => run.product / run.bare),
      { atLeast: 0.5 },
    ),
  ];
}

/** A member of the tenant who may do everything in it. */
async function signIn(url: string, databaseUrl: string, tenantId: string): Promise<Record<string, string>> {
  const db = await Database.open({ url: databaseUrl, applicationName: 'occ-bench' });
  const { name, password } = await buildUser(db, { role: Role.TenantAdministrator, tenantId });
  await db.close();
  const grant = { grant_type: 'password', username: name, password };
  const { body } = await new ApiClient(url).post('/auth/token', grant);
  return { authorization: `Bearer ${(body as { access_token: string }).access_token}` };
}

async function startBare(keep: BenchOptions['keep'], order: BareOrder): Promise<string> {
  const directory = throwAwayDirectory('bare');
  const orderFile = join(directory, 'order.json');
  writeFileSync(orderFile, JSON.stringify(order));
  const running = keep(
    localProcess({
      name: 'bare',
      directory,
      command: process.execPath,
      args: [join(checkout, 'test/performance/bare-server.ts')],
      cwd: checkout,
      env: { ...process.env, NODE_ENV: 'production', BARE_ORDER: orderFile },
      stopSignal: 'SIGTERM',
      graceMs: 5_000,
    }),
  );
  const url = `http://127.0.0.1:${order.port}`;
  await startAndWait(running, (signal) =>
    waitUntil(async () => void (await (await fetch(url)).arrayBuffer()), { timeoutMs: 30_000, signal }),
  );
  return url;
}
