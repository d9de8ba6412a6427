import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import { create, ended, instanceOf, stepsOf } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

describe('an operation', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await rig.startWorker();
  });
  afterAll(() => rig?.stop());

  it('provisions an instance, step by step, in at most 60 events', async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    const steps = await stepsOf(rig.db, operation.id);
    expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'ensureTenantSpace Succeeded',
      'checkConfiguration Succeeded',
      'placeInstance Succeeded',
      'powerOn Succeeded',
      'awaitReady Succeeded',
      'proveConfiguration Succeeded',
    ]);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({
      phase: 'Running',
      liveRevision: 1,
      volume: 'present',
    });
    const { historyLength } = await rig.temporal.client.workflow.getHandle(workflowIdOf(operation.id)).describe();
    expect(historyLength).toBeLessThanOrEqual(60);
  });
});
