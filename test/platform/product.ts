import { join } from 'node:path';
import { allSettled } from '../../deploy/local/all-settled.ts';
import { freePort } from '../../deploy/local/ports.ts';
import type { LocalPostgres } from '../../deploy/local/postgres.ts';
import { productEnvironment } from '../../deploy/local/product-environment.ts';
import { startProductProcess } from '../../deploy/local/product-process.ts';
import type { ProductProcess, ProductProcessName } from '../../deploy/local/product-process.ts';
import { bundleWorkflows, ensureAdministrator, migrate, releaseWorkers } from '../../deploy/local/product-tasks.ts';
import type { Administrator } from '../../deploy/local/product-tasks.ts';
import type { LocalTemporal } from '../../deploy/local/temporal.ts';
import { throwAwayDirectory } from './directory.ts';
import { startOwnPostgres } from './postgres.ts';
import { ownBucket } from './s3.ts';
import { startOwnTemporal } from './temporal.ts';

export interface TestProduct {
  /** Of api and portal. */
  url: string;
  administrator: Administrator;
  /** What its processes run with: database, Temporal, keys. */
  environment: NodeJS.ProcessEnv;
  postgres: LocalPostgres;
  temporal: LocalTemporal;
  api: ProductProcess;
  worker: ProductProcess;
  observer: ProductProcess;
  /** One more process of a kind, beside those above; ended by `stop` too. */
  startReplica(kind: ProductProcessName): Promise<ProductProcess>;
  stop(): Promise<void>;
}

/**
 * The whole product as real processes, on a Postgres and a Temporal of its own, so that a test may kill any of them.
 * @param moreEnvironment for its processes; `{ WEB_ROOT: builtPortal() }` makes the api serve the portal
 */
export async function startTestProduct(moreEnvironment: NodeJS.ProcessEnv = {}): Promise<TestProduct> {
  const directory = throwAwayDirectory('product');
  const started: { stop(): Promise<void> }[] = [];
  const keep = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    started.push(part);
    return part;
  };
  async function stop(): Promise<void> {
    for (const part of started.toReversed()) await part.stop();
  }

  try {
    const [postgres, temporal] = await allSettled([startOwnPostgres().then(keep), startOwnTemporal().then(keep)]);
    const environment = {
      ...productEnvironment({
        directory,
        databaseOwnerUrl: await postgres.database('occ'),
        temporal,
        storage: ownBucket(),
        port: await freePort(),
      }),
      ...moreEnvironment,
    };
    const [administrator] = await allSettled([
      migrate(environment).then(() => ensureAdministrator(environment, join(directory, 'administrator'))),
      bundleWorkflows(environment),
    ]);

    let replicas = 0;
    const startProcess = (kind: ProductProcessName, name: string = kind, own: NodeJS.ProcessEnv = {}) =>
      startProductProcess(kind, {
        directory,
        environment: { ...environment, ...own },
        name,
        report: () => undefined,
      }).then(keep);
    const [worker, api, observer] = await allSettled([
      startProcess('worker'),
      startProcess('api'),
      startProcess('observer'),
    ]);
    await releaseWorkers(environment);

    return {
      url: environment.PUBLIC_URL ?? api.healthUrl,
      administrator,
      environment,
      postgres,
      temporal,
      api,
      worker,
      observer,
      async startReplica(kind) {
        replicas += 1;
        return startProcess(kind, `${kind}-replica-${replicas}`, { PORT: String(await freePort()) });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
