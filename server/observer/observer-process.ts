import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Gauge } from 'prom-client';
import { adapterOf } from '../../activities/adapters/adapters.ts';
import type { DriverOf } from '../../activities/clusters/drivers.ts';
import { driversOf } from '../../activities/clusters/runtimes.ts';
import { maskedConfig, type ObserverConfig } from '../config.ts';
import { driftGauge } from '../consistency/drift-gauge.ts';
import { startHealthServer } from '../observability/health-server.ts';
import { createLogger } from '../observability/logger.ts';
import { Database } from '../persistence/database.ts';
import { loadSealingKey } from '../secrets/sealing-key.ts';
import { createShutdown } from '../shutdown.ts';
import { openTemporal } from '../temporal/client.ts';
import { dispatchTo } from '../temporal/dispatch.ts';
import { maintenanceRuns } from '../temporal/maintenance-runs.ts';
import { operationRuns } from '../temporal/operation-runs.ts';
import { rolloutRuns } from '../temporal/rollout-runs.ts';
import { sealAudit } from './audit-sealer.ts';
import { Clusters } from './clusters.ts';
import { forgetLimits } from './forget-limits.ts';
import { holdLease, type Lease } from './lease.ts';
import { Reconciler } from './reconciler.ts';
import { keepRolloutsRunning } from './rollouts.ts';
import { keepSchedules } from './schedules.ts';
import { refreshUnwatched } from './unwatched.ts';

const databasePoolSize = 6;

/**
 * The observer: watches clusters, and brings operations and their runs together again. Any number of them share the
 * work by leases. `driverOf` is given where the clusters are not real.
 */
export async function runObserverProcess(config: ObserverConfig, driverOf?: DriverOf): Promise<void> {
  const log = createLogger({ name: 'observer', level: config.logLevel });
  log.info(maskedConfig(config), 'starting');
  const temporal = openTemporal(config.temporal);
  const runs = operationRuns(temporal.client);
  const rollouts = rolloutRuns(temporal.client);
  const maintenance = maintenanceRuns(temporal.client);
  const db = await Database.open({
    url: config.databaseUrl,
    poolSize: databasePoolSize,
    applicationName: 'open-cluster-claw observer',
    dispatch: dispatchTo(runs, rollouts, log),
  });
  const sealingKey = loadSealingKey(config.secretsKeyFile);
  const holder = `${hostname()}/${process.pid}/${randomUUID()}`;
  const ending = new AbortController();

  const runtimes = driversOf(db, sealingKey, driverOf);
  const { usageIntervalMs } = config;
  const clusters = new Clusters({ db, log, runtimes, adapterOf, holder, sealingKey, usageIntervalMs });
  const reconciler = new Reconciler({ db, log, runs });
  const alone = (name: string, work: (lease: Lease) => Promise<void>) =>
    holdLease({ db, log, name, holder, signal: ending.signal }, work);
  const working = Promise.all([
    clusters.run(ending.signal),
    alone('operations', (lease) => reconciler.work(lease)),
    alone('rollouts', (lease) => keepRolloutsRunning({ db, log, runs: rollouts }, lease)),
    alone('unwatched', (lease) => refreshUnwatched(db, lease)),
    alone('audit', (lease) => sealAudit(db, lease)),
    alone('limits', (lease) => forgetLimits(db, lease)),
    alone('schedules', (lease) => keepSchedules({ db, log, runs: maintenance }, lease)),
  ]);

  const ready = async (): Promise<boolean> => (await db.execute('select 1')).length === 1;
  const health = await startHealthServer({ port: config.healthPort ?? 0, ready });
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [health.registry], collect: () => made.set(value()) });
  };
  gauge('occ_clusters_watched', 'Clusters that this process watches or stands by for', () => clusters.watched);
  gauge('occ_observations_waiting', 'Observations that wait to be written', () => clusters.waiting);
  driftGauge({ db, log }, health.registry);

  const shutdown = createShutdown(log);
  shutdown.add('work', async () => {
    ending.abort();
    await working;
  });
  shutdown.add('temporal', () => temporal.close());
  shutdown.add('database', () => db.close());
  shutdown.add('health', () => health.close());
  shutdown.onSignals();
  log.info({ holder, healthPort: health.port }, 'watching');
}
