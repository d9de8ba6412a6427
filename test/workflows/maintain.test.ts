import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildIdOf } from '../../activities/versions/build-id.ts';
import { Bundles } from '../../activities/versions/bundles.ts';
import { releaseBuild } from '../../activities/versions/release.ts';
import { openTemporal, type Temporal } from '../../server/temporal/client.ts';
import { maintenanceRuns } from '../../server/temporal/maintenance-runs.ts';
import { deploymentName, taskQueues } from '../../workflows/contracts/operations.ts';
import type { MaintenanceSteps } from '../../workflows/contracts/maintenance.ts';
import { ownNamespace } from './temporal-place.ts';

/** One comparison that is under way: it has read what it reads, and ends when it is told to. */
interface Comparison {
  end(): void;
}

describe('a comparison that somebody asks for', { timeout: 60_000 }, () => {
  let temporal: Temporal;
  let connection: NativeConnection;
  let running: Promise<unknown>;
  const workers: Worker[] = [];
  const begun: Comparison[] = [];

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
    const place = await ownNamespace();
    temporal = openTemporal(place);
    connection = await NativeConnection.connect({ address: place.address });
    const shared = { connection, namespace: place.namespace };
    const activities: MaintenanceSteps = {
      async carryOutMaintenance() {
        const { promise, resolve } = Promise.withResolvers<void>();
        begun.push({ end: resolve });
        await promise;
        return { checked: 1 };
      },
    };
    const workflowBundle = { codePath: await new Bundles(null).make(buildIdOf()) };
    workers.push(
      await Worker.create({
        ...shared,
        taskQueue: taskQueues.platform,
        workflowBundle,
        workerDeploymentOptions: {
          useWorkerVersioning: true,
          version: { deploymentName, buildId: buildIdOf() },
          defaultVersioningBehavior: 'PINNED',
        },
      }),
      await Worker.create({ ...shared, taskQueue: taskQueues.waits, activities }),
    );
    running = Promise.all(workers.map((worker) => worker.run()));
    await releaseBuild(temporal, buildIdOf());
  }, 60_000);
  afterAll(async () => {
    for (const worker of workers) worker.shutdown();
    await running;
    await connection?.close();
    await temporal?.close();
  });

  const handle = () => temporal.client.workflow.getHandle('drift/one');
  const underWay = (count: number) => expect.poll(() => begun.length, { timeout: 20_000 }).toBe(count);

  it('looks once, and once more for who asks while it is at it: what it had read may be out of date', async () => {
    const { checkDrift } = maintenanceRuns(temporal.client);
    await checkDrift('one');
    await underWay(1);
    await checkDrift('one');
    await checkDrift('one');
    begun[0]?.end();
    await underWay(2);
    begun[1]?.end();
    expect(await handle().result()).toEqual({ checked: 1 });
    expect(begun).toHaveLength(2);
  });
});
