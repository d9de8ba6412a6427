import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildIdOf } from '../../activities/versions/build-id.ts';
import { Bundles } from '../../activities/versions/bundles.ts';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import { create, ended, stepsOf, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

const older = '00000000000000aa';
const lost = '00000000000000bb';

describe('a new build', { timeout: 150_000 }, () => {
  let rig: Rig;
  let bundles: string;
  beforeAll(async () => {
    rig = await startRig();
    bundles = join(rig.directory, 'bundles');
    mkdirSync(bundles);
    const present = await new Bundles(null).make(buildIdOf());
    for (const id of [older, lost, buildIdOf()]) copyFileSync(present, join(bundles, `${id}.js`));
  }, 120_000);
  afterAll(() => rig?.stop());

  /** A run of that build in the middle of its wait, and no worker. */
  const strand = async (id: string) => {
    rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason: 'Unschedulable' });
    const worker = await rig.startWorker(`worker-${id}`, { id, bundles });
    const { instance, operation } = await create(rig);
    await until(
      () => stepsOf(rig.db, operation.id),
      (steps) => steps.some(({ name, state }) => name === 'awaitReady' && state === 'Waiting'),
    );
    await worker.kill('SIGKILL');
    rig.scripted.cluster.recover(instance.id);
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
    return operation;
  };
  const versionOf = async (operationId: string) => {
    const { raw } = await rig.temporal.client.workflow.getHandle(workflowIdOf(operationId)).describe();
    return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
  };

  it('lets the runs of an older one end on their own workflows, and takes the new ones', async () => {
    const stranded = await strand(older);
    const worker = await rig.startWorker('worker', { id: buildIdOf(), bundles });
    await ended(rig.db, stranded);
    expect(await versionOf(stranded.id)).toBe(older);

    const { operation } = await create(rig);
    await ended(rig.db, operation);
    expect(await versionOf(operation.id)).toBe(buildIdOf());
    await worker.stop();
  });

  it('takes over the runs of one whose bundle is lost', async () => {
    const stranded = await strand(lost);
    rmSync(join(bundles, `${lost}.js`));
    await rig.startWorker('worker', { id: buildIdOf(), bundles });
    await ended(rig.db, stranded);
    expect(await versionOf(stranded.id)).toBe(buildIdOf());
  });
});
