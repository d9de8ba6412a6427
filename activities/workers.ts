import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import type { Registry } from 'prom-client';
import { deploymentName, taskQueues } from '../workflows/contracts/operations.ts';
import type { RolloutSteps } from '../workflows/contracts/rollouts.ts';
import type { Steps, StepsAtHand } from '../workflows/contracts/steps.ts';
import type { Logger } from '../server/observability/logger.ts';
import { stepMetrics } from './step-metrics.ts';
import type { Bundles } from './versions/bundles.ts';
import { abandonBuild, buildsPolled, buildsWithOpenRuns } from './versions/served-versions.ts';

export interface WorkersOptions {
  connection: NativeConnection;
  client: Client;
  namespace: string;
  /** Of these sources; its bundle is there. */
  buildId: string;
  bundles: Bundles;
  activities: Steps & StepsAtHand & RolloutSteps;
  registry: Registry;
  log: Logger;
  /** A build whose bundle is not here, and that nobody has asked for tasks of for so long, is lost. */
  lostAfterMs?: number;
}

export interface Workers {
  ready(): boolean;
  /** Lets running steps end, or ends them, and returns when all have stopped. */
  stop(): Promise<void>;
  /** Rejects when one of them breaks; the process is of no use then. */
  broken: Promise<never>;
}

const lookForOldRunsEveryMs = 15_000;
/** A poll takes up to a minute. */
const lostAfterMsByDefault = 150_000;

/**
 * One worker for the workflows of these sources, one for the long waits of every build, and one for each older build
 * that still has runs and whose bundle is kept. The activities are always today's.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { client, buildId, bundles, log } = options;
  const interceptors = { activity: [stepMetrics(options.registry)] };
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const running = new Map<string, { worker: Worker; ended: Promise<void> }>();

  const start = async (name: string, own: Partial<WorkerOptions> & { taskQueue: string }): Promise<void> => {
    const worker = await Worker.create({ ...sharedOptions(options), interceptors, ...own });
    const ended = worker.run();
    ended.catch(broken.reject);
    running.set(name, { worker, ended });
  };
  const startBuild = (id: string, codePath: string): Promise<void> =>
    start(id, {
      taskQueue: taskQueues.platform,
      workflowBundle: { codePath },
      workerDeploymentOptions: {
        useWorkerVersioning: true,
        version: { deploymentName, buildId: id },
        defaultVersioningBehavior: 'PINNED',
      },
      maxConcurrentActivityTaskExecutions: 100,
    });

  const { lostAfterMs = lostAfterMsByDefault } = options;
  const serveOldBuilds = async (): Promise<void> => {
    const open = await buildsWithOpenRuns(client);
    const unserved = open.filter((id) => !running.has(id));
    for (const id of unserved) {
      const file = bundles.find(id);
      if (!file) continue;
      log.info({ buildId: id }, 'serving an older build until its runs have ended');
      await startBuild(id, file);
    }
    const homeless = unserved.filter((id) => !running.has(id));
    const polled = homeless.length > 0 ? await buildsPolled(client, lostAfterMs) : new Set<string>();
    for (const id of homeless) {
      if (polled.has(id)) continue;
      const runs = await abandonBuild(client, id);
      log.warn({ buildId: id, runs }, 'the bundle of an older build is lost; its runs go on with the current one');
    }
    for (const [id, { worker }] of running) {
      if (id === waits || id === buildId || open.includes(id) || worker.getState() !== 'RUNNING') continue;
      log.info({ buildId: id }, 'an older build has no runs any more');
      worker.shutdown();
      running.delete(id);
    }
  };

  // A wait loses nothing by being ended and begun again elsewhere.
  const patient = { maxConcurrentActivityTaskExecutions: 1_000, shutdownGraceTime: '1 s' };
  await start(waits, { taskQueue: taskQueues.waits, ...patient });
  await startBuild(buildId, await bundles.make(buildId));
  let looking = Promise.resolve();
  const look = (): void => {
    looking = looking.then(serveOldBuilds).catch((error: unknown) => {
      log.warn({ err: error }, 'could not look for runs of older builds');
    });
  };
  look();
  const timer = setInterval(look, lookForOldRunsEveryMs);

  return {
    ready: () => [...running.values()].every(({ worker }) => worker.getState() === 'RUNNING'),
    async stop() {
      clearInterval(timer);
      await looking;
      for (const { worker } of running.values()) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
    broken: broken.promise,
  };
}

const waits = 'waits';

/** Measured: a dead worker's runs go on after the sticky time-out; a step that is ended in order is repeated at once. */
const sharedOptions = ({ connection, namespace, activities }: WorkersOptions) => ({
  connection,
  namespace,
  activities,
  shutdownGraceTime: '10 s',
  shutdownForceTime: '20 s',
  stickyQueueScheduleToStartTimeout: '2 s',
  maxCachedWorkflows: 200,
  workflowThreadPoolSize: 1,
});
