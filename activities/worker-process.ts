import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { Client } from '@temporalio/client';
import { createRights } from '../server/access/rights.ts';
import { loadAuditSigner } from '../server/audit/checkpoint.ts';
import { maskedConfig, type WorkerConfig } from '../server/config.ts';
import { startHealthServer } from '../server/observability/health-server.ts';
import { createLogger, type Logger } from '../server/observability/logger.ts';
import { Database } from '../server/persistence/database.ts';
import { loadSealingKey } from '../server/secrets/sealing-key.ts';
import { createShutdown } from '../server/shutdown.ts';
import { openTemporal } from '../server/temporal/client.ts';
import { dispatchTo } from '../server/temporal/dispatch.ts';
import { operationRuns } from '../server/temporal/operation-runs.ts';
import { rolloutRuns } from '../server/temporal/rollout-runs.ts';
import { adapterOf } from './adapters/adapters.ts';
import type { DriverOf } from './clusters/drivers.ts';
import { runtimesOf } from './clusters/runtimes.ts';
import { createActivities } from './index.ts';
import { noStorage, s3Storage } from './storage/storage.ts';
import { sdkLogger } from './sdk-logger.ts';
import { buildIdOf } from './versions/build-id.ts';
import { Bundles } from './versions/bundles.ts';
import { startWorkers, type Workers } from './workers.ts';

/** Waits are activities too, each with a short transaction now and then. */
const databasePoolSize = 16;

export interface WorkerProcessOptions {
  /** Given where the clusters are not real. */
  driverOf?: DriverOf;
  /** Left out: that of these sources. */
  buildId?: string;
  lostAfterMs?: number;
}

/** The worker: carries operations out until it is told to stop. */
export async function runWorkerProcess(
  config: WorkerConfig,
  { driverOf, buildId = buildIdOf(), lostAfterMs }: WorkerProcessOptions = {},
): Promise<void> {
  const log = createLogger({ name: 'worker', level: config.logLevel });
  log.info(maskedConfig(config), 'starting');
  if (config.storage && !config.storage.sts) {
    log.warn('S3_STS_ENDPOINT is not set: tenants are kept apart in the object storage by this process alone');
  }
  const shutdown = createShutdown(log, { hookTimeoutMs: 25_000 });
  let workers: Workers | undefined;

  const health = await startHealthServer({ port: config.healthPort ?? 0, ready: () => workers?.ready() ?? false });
  const temporal = openTemporal(config.temporal);
  const db = await Database.open({
    url: config.databaseUrl,
    poolSize: databasePoolSize,
    applicationName: 'open-cluster-claw worker',
    // What a rollout books starts at once; what is lost on the way the observer starts.
    dispatch: dispatchTo(operationRuns(temporal.client), rolloutRuns(temporal.client), log),
  });
  const sealingKey = loadSealingKey(config.secretsKeyFile);
  const activities = createActivities({
    db,
    rights: await createRights({ db }),
    sealingKey,
    runtimes: runtimesOf(db, sealingKey, driverOf),
    adapterOf,
    log,
    imagePatienceMs: config.imagePatienceMs,
    restPatienceMs: config.restPatienceMs,
    readyPatienceMs: config.readyPatienceMs,
    proofPatienceMs: config.proofPatienceMs,
    prometheusUrl: config.prometheusUrl,
    auditSigner: config.auditKeyFile ? loadAuditSigner(config.auditKeyFile) : null,
    auditRetentionDays: config.auditRetentionDays,
    storage: config.storage ? s3Storage(config.storage) : noStorage(),
  });

  Runtime.install({
    logger: sdkLogger(log),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
    shutdownSignals: [],
  });
  shutdown.add('workers', () => workers?.stop());
  shutdown.add('temporal', () => temporal.close());
  shutdown.add('database', () => db.close());
  shutdown.add('health', () => health.close());
  shutdown.onSignals();

  const connection = await connect(config.temporal.address, log);
  shutdown.add('connection', () => connection.close());
  workers = await startWorkers({
    connection,
    client: new Client({ connection: temporal.client.connection, namespace: temporal.namespace }),
    namespace: config.temporal.namespace,
    buildId,
    bundles: new Bundles(config.workflowBundlesDirectory),
    activities,
    registry: health.registry,
    log,
    lostAfterMs,
  });
  log.info({ buildId, healthPort: health.port }, 'carrying operations out');
  await workers.broken.catch((error: unknown) => {
    log.fatal({ err: error }, 'a worker broke; the process ends so that it is started anew');
    process.exit(1);
  });
}

/** Temporal may come later than we do. */
async function connect(address: string, log: Logger): Promise<NativeConnection> {
  for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, 5_000)) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      log.warn({ address, err: error }, 'Temporal does not answer yet');
      await sleep(waitMs);
    }
  }
}
