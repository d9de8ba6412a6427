import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { testKubernetes } from '../platform/kubernetes.ts';
import { Fleet, type OperationRow } from './support/fleet.ts';
import { disturbAt, type Moment } from './support/moments.ts';
import { expectAsUndisturbed, liveUndisturbed, oneProcess, type Undisturbed } from './support/undisturbed.ts';

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

describe.skipIf(!testKubernetes())('what is killed with -9', () => {
  let fleet: Fleet;
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    fleet = await Fleet.start();
    undisturbed = await liveUndisturbed(fleet);
  });
  afterAll(() => fleet?.stop());

  /** Asks for an operation, kills a part of the platform in the middle of that step, and waits for the operation. */
  async function killedAt(moment: Moment, part: 'worker' | 'temporal' | 'postgres', ask: () => Promise<string>) {
    const killed = fleet.product[part];
    const operationId = await disturbAt(fleet, moment, ask, () => killed.kill('SIGKILL'));
    if (part === 'worker' && (await fleet.operation(operationId)).phase !== 'Running') {
      throw new Error(`${moment} was over before the worker was killed`);
    }
    await killed.restart();
    await fleet.succeeded(operationId);
    return operationId;
  }

  it.each(
    lives.map((life) => ({ ...life, steps: [life.provision, life.stop, life.remove].filter(Boolean).join(', ') })),
  )('as the worker, in the middle of $steps, leaves what an undisturbed run leaves', async (life) => {
    const { provision, stop, remove, purge = false } = life;
    // Or the answer of the run before would be taken, and the step be over at once.
    await fleet.sql(`delete from configuration_checks`);
    const provisioning = await killedAt(provision, 'worker', () => fleet.create(`until-${provision.toLowerCase()}`));
    const instanceId = await fleet.instanceOf(provisioning);
    await expectAsUndisturbed(fleet, instanceId, undisturbed.provisioned);
    expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: false }));

    if (stop) {
      await killedAt(stop, 'worker', () => fleet.verb(instanceId, 'stop'));
      await expectAsUndisturbed(fleet, instanceId, undisturbed.stopped);
    }
    await killedAt(remove, 'worker', () => fleet.remove(instanceId, { purge }));
    await expectAsUndisturbed(fleet, instanceId, purge ? undisturbed.purged : undisturbed.removed);
    expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: true }));

    if (!purge) await fleet.succeeded(await fleet.remove(instanceId, { purge: true }));
    await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
  });

  it('as the api, between the commit and the start of the workflow, loses no operation and makes none twice', async () => {
    const { api, temporal } = fleet.product;
    const key = randomUUID();
    const name = 'between';
    // Without Temporal the start cannot have happened when the api dies, a moment after the commit.
    await temporal.kill('SIGKILL');
    const asking = fleet.post('/instances', fleet.newInstance(name), key).catch((error: unknown) => error);
    const booked = await waitUntil(
      async () => {
        const [row] = await fleet.sql<OperationRow>(`select * from operations where subject_name = $1`, name);
        if (!row) throw new Error('nothing is booked');
        return row;
      },
      { timeoutMs: 30_000, everyMs: 5 },
    );
    await api.kill('SIGKILL');
    expect(await asking, 'the caller got no answer').toBeInstanceOf(TypeError);
    expect(booked.phase).toBe('Accepted');

    await temporal.restart();
    await api.restart();
    await fleet.succeeded(booked.id);
    const repeated = await fleet.post('/instances', fleet.newInstance(name), key);
    expect(repeated).toMatchObject({ status: 202, body: { id: booked.id } });
    const { instanceId } = repeated.body as { instanceId: string };
    expect(await fleet.sql(`select id from operations where instance_id = $1`, instanceId)).toHaveLength(1);
    await expectAsUndisturbed(fleet, instanceId, undisturbed.provisioned);
    expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: false }));
    await fleet.succeeded(await fleet.remove(instanceId, { purge: true }));
    await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
    expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: true }));
  });

  it.each(['temporal', 'postgres'] as const)('as %s, in the middle of operations, is only waited for', async (part) => {
    const provisioning = await killedAt('placeInstance', part, () => fleet.create(`without-${part}`));
    const instanceId = await fleet.instanceOf(provisioning);
    await expectAsUndisturbed(fleet, instanceId, undisturbed.provisioned);
    expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: false }));
    await killedAt('awaitRemoved', part, () => fleet.remove(instanceId, { purge: true }));
    await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
    expect(fleet.record.processesOf(instanceId)).toEqual(oneProcess({ gone: true }));
  });
});
