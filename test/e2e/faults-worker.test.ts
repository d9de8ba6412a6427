import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKubernetes } from '../platform/kubernetes.ts';
import { Fleet } from './support/fleet.ts';
import { moments, type Moment } from './support/moments.ts';
import { expectAsUndisturbed, expectOneProcess, liveUndisturbed, type Undisturbed } from './support/undisturbed.ts';

/** Each is the life of one instance, and the steps in the middle of which the worker dies. */
const lives: { provision: Moment; stop: Moment; remove: Moment; purge: boolean }[] = [
  { provision: 'checkConfiguration', stop: 'powerOff', remove: 'removeInstance', purge: false },
  { provision: 'placeInstance', stop: 'awaitStopped', remove: 'removeVolume', purge: true },
  { provision: 'awaitReady', stop: 'awaitStopped', remove: 'awaitRemoved', purge: false },
];

describe.skipIf(!testKubernetes())('a worker that is killed in the middle', () => {
  let fleet: Fleet;
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    fleet = await Fleet.start();
    undisturbed = await liveUndisturbed(fleet);
  });
  afterAll(() => fleet?.stop());

  /** Asks for something, and kills the worker as soon as the cluster shows that the step is under way. */
  async function killedAt<Asked>(moment: Moment, ask: () => Promise<Asked>): Promise<Asked> {
    const underWay = fleet.record.next(moments[moment]);
    const asked = await ask();
    await underWay;
    await fleet.product.worker.kill('SIGKILL');
    await fleet.product.worker.restart();
    return asked;
  }

  it.each(lives)('of $provision, $stop and $remove leaves what an undisturbed one does', async (life) => {
    // Or the answer of the run before would be taken, and the step be over at once.
    await fleet.sql(`delete from configuration_checks`);
    const { instanceId, operationId } = await killedAt(life.provision, () =>
      fleet.create(`until-${life.provision.toLowerCase()}`),
    );
    await fleet.succeeded(operationId);
    await expectAsUndisturbed(fleet, instanceId, undisturbed.provisioned);
    expectOneProcess(fleet, instanceId, { gone: false });

    await fleet.succeeded(await killedAt(life.stop, () => fleet.verb(instanceId, 'stop')));
    await expectAsUndisturbed(fleet, instanceId, undisturbed.stopped);

    await fleet.succeeded(await killedAt(life.remove, () => fleet.remove(instanceId, { purge: life.purge })));
    await expectAsUndisturbed(fleet, instanceId, life.purge ? undisturbed.purged : undisturbed.removed);
    if (!life.purge) await fleet.succeeded(await fleet.remove(instanceId, { purge: true }));
    await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
    expectOneProcess(fleet, instanceId, { gone: true });
  });
});
