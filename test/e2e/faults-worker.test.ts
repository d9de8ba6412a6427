import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKubernetes } from '../platform/kubernetes.ts';
import { Fleet } from './support/fleet.ts';
import { moments, type Moment } from './support/moments.ts';

/** Each line is the life of one instance, and where the worker dies in it. */
const lives: { provision: Moment; stop: Moment; remove: Moment; purge: boolean }[] = [
  { provision: 'checkConfiguration', stop: 'powerOff', remove: 'removeInstance', purge: false },
  { provision: 'placeInstance', stop: 'awaitStopped', remove: 'removeVolume', purge: true },
  { provision: 'awaitReady', stop: 'awaitStopped', remove: 'awaitRemoved', purge: false },
];

describe.skipIf(!testKubernetes())('a worker that is killed in the middle', () => {
  let fleet: Fleet;
  /** What the namespace holds in an undisturbed run. */
  const undisturbed: Record<string, string[]> = {};

  beforeAll(async () => {
    fleet = await Fleet.start();
    const { instanceId, operationId } = await fleet.create('undisturbed');
    await fleet.succeeded(operationId);
    undisturbed.provisioned = await fleet.inventory(instanceId);
    await fleet.succeeded(await fleet.verb(instanceId, 'stop'));
    undisturbed.stopped = await fleet.inventory(instanceId);
    await fleet.succeeded(await fleet.remove(instanceId));
    undisturbed.removed = await fleet.inventory(instanceId);
    console.log(JSON.stringify(undisturbed, null, 1));
  });
  afterAll(() => fleet?.stop());

  it('x', () => {
    expect(moments).toBeDefined();
    expect(lives).toBeDefined();
  });
});
