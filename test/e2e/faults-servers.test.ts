import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { testKubernetes } from '../platform/kubernetes.ts';
import { Fleet, type OperationRow } from './support/fleet.ts';
import { disturbAt, type Moment } from './support/moments.ts';
import { expectAsUndisturbed, expectOneProcess, liveUndisturbed, type Undisturbed } from './support/undisturbed.ts';

describe.skipIf(!testKubernetes())('a part of the platform that is killed', () => {
  let fleet: Fleet;
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    fleet = await Fleet.start();
    undisturbed = await liveUndisturbed(fleet);
  });
  afterAll(() => fleet?.stop());

  const expectAlive = async (instanceId: string): Promise<void> => {
    await expectAsUndisturbed(fleet, instanceId, undisturbed.provisioned);
    expectOneProcess(fleet, instanceId, { gone: false });
  };
  const expectGone = async (instanceId: string): Promise<void> => {
    await expectAsUndisturbed(fleet, instanceId, undisturbed.purged);
    expectOneProcess(fleet, instanceId, { gone: true });
  };

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
    await expectAlive(instanceId);
    await fleet.succeeded(await fleet.remove(instanceId, { purge: true }));
    await expectGone(instanceId);
  });

  it.each(['temporal', 'postgres'] as const)('as %s, in the middle of operations, is only waited for', async (part) => {
    const killedAt = async (moment: Moment, ask: () => Promise<string>): Promise<string> => {
      const server = fleet.product[part];
      const operationId = await disturbAt(fleet, moment, ask, () => server.kill('SIGKILL'));
      await server.restart();
      await fleet.succeeded(operationId);
      return operationId;
    };
    const provisioning = await killedAt('placeInstance', () => fleet.create(`without-${part}`));
    const instanceId = await fleet.instanceOf(provisioning);
    await expectAlive(instanceId);
    await killedAt('awaitRemoved', () => fleet.remove(instanceId, { purge: true }));
    await expectGone(instanceId);
  });
});
