import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKubernetes } from '../platform/kubernetes.ts';
import { Fleet } from './support/fleet.ts';
import { disturbAt, type Moment } from './support/moments.ts';
import { expectAsUndisturbed, expectOneProcess, liveUndisturbed, type Undisturbed } from './support/undisturbed.ts';

interface Life {
  provision: Moment;
  stop?: Moment;
  remove: Moment;
  purge?: boolean;
}

/** Each is the life of one instance, and the steps in the middle of which the worker dies. */
const lives: Life[] = [
  { provision: 'checkConfiguration', stop: 'powerOff', remove: 'removeInstance' },
  { provision: 'placeInstance', stop: 'awaitStopped', remove: 'removeVolume', purge: true },
  { provision: 'awaitReady', remove: 'awaitRemoved' },
];

describe.skipIf(!testKubernetes())('a worker that is killed in the middle of a step', () => {
  let fleet: Fleet;
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    fleet = await Fleet.start();
    undisturbed = await liveUndisturbed(fleet);
  });
  afterAll(() => fleet?.stop());

  async function killedAt(moment: Moment, ask: () => Promise<string>): Promise<string> {
    const { worker } = fleet.product;
    const operationId = await disturbAt(fleet, moment, ask, () => worker.kill('SIGKILL'));
    expect((await fleet.operation(operationId)).phase, 'killed in the middle').toBe('Running');
    await worker.restart();
    await fleet.succeeded(operationId);
    return operationId;
  }

  it.each(lives)('($provision, $stop, $remove) leaves what an undisturbed one leaves', async (life) => {
    const { provision, stop, remove, purge = false } = life;
    // Or the answer of the run before would be taken, and the step be over at once.
    await fleet.sql(`delete from configuration_checks`);
    const provisioning = await killedAt(provision, () => fleet.create(`until-${provision.toLowerCase()}`));
    const instanceId = await fleet.instanceOf(provisioning);
    await expectAsUndisturbed(fleet, instanceId, undisturbed.provisioned);
    expectOneProcess(fleet, instanceId, { gone: false });

    if (stop) {
      await killedAt(stop, () => fleet.verb(instanceId, 'stop'));
      await expectAsUndisturbed(fleet, instanceId, undisturbed.stopped);
    }
    await killedAt(remove, () => fleet.remove(instanceId, { purge }));
    await expectAsUndisturbed(fleet, instanceId, purge ? undisturbed.purged : undisturbed.removed);
    expectOneProcess(fleet, instanceId, { gone: true });

    if (!purge) await fleet.succeeded(await fleet.remove(instanceId, { purge: true }));
    await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
  });
});
