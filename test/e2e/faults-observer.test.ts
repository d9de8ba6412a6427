import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeOf, podNameOf } from '../../activities/runtimes/kubernetes/names.ts';
import type { ProductProcess } from '../../deploy/local/product-process.ts';
import { testKubernetes } from '../platform/kubernetes.ts';
import { Fleet } from './support/fleet.ts';

const withinMs = 90_000;

interface Holding {
  holder: string;
  epoch: number;
}

describe.skipIf(!testKubernetes())('of two observers', () => {
  let fleet: Fleet;
  let other: ProductProcess;
  let instanceId: string;

  beforeAll(async () => {
    fleet = await Fleet.start();
    other = await fleet.product.startReplica('observer');
    const operationId = await fleet.create('observed');
    await fleet.succeeded(operationId);
    instanceId = await fleet.instanceOf(operationId);
    await fleet.sql(`create table test_writes (number serial, epoch bigint, application text)`);
    await fleet.sql(`grant all on test_writes, test_writes_number_seq to public`);
    await fleet.sql(`create function test_note() returns trigger language plpgsql as $$ begin
      insert into test_writes (epoch, application) values (new.epoch, current_setting('application_name'));
      return new; end $$`);
    await fleet.sql(`create trigger test_note after insert or update on observed_states
      for each row execute function test_note()`);
  });
  afterAll(async () => {
    await fleet?.product.observer.kill('SIGCONT');
    await fleet?.stop();
  });

  const holding = async (): Promise<Holding> => {
    const name = `cluster/${fleet.clusterId}`;
    const [row] = await fleet.sql<Holding>(`select holder, epoch::int from leases where name = $1`, name);
    if (!row) throw new Error('nobody holds the lease');
    return row;
  };
  const processOf = async ({ holder }: Holding): Promise<[holding: ProductProcess, waiting: ProductProcess]> => {
    const { observer } = fleet.product;
    return holder.includes(`/${observer.pid()}/`) ? [observer, other] : [other, observer];
  };
  /** Ends the agent's process behind the platform's back; @returns once an observer has written down its successor. */
  async function replaceProcess(): Promise<number> {
    const signal = AbortSignal.timeout(withinMs);
    const { namespace } = placeOf({ tenantId: fleet.tenantId, instanceId });
    const pod = await fleet.cluster.get('Pod', namespace, podNameOf(instanceId), signal);
    const uid = pod?.metadata.uid ?? '';
    await fleet.cluster.remove('Pod', namespace, podNameOf(instanceId), { uid, gracePeriodSeconds: 1 }, signal);
    const successor = async () => {
      const [seen] = await fleet.sql<{ process_id: string; ready: boolean; epoch: number }>(
        `select process_id, ready, epoch::int from observed_states where instance_id = $1`,
        instanceId,
      );
      return seen?.ready && seen.process_id !== uid ? seen.epoch : null;
    };
    await expect.poll(successor, { timeout: withinMs }).not.toBeNull();
    return (await successor()) ?? 0;
  }
  const phase = async (): Promise<string> => (await fleet.get(`/instances/${instanceId}`)).body.phase as string;

  it('one goes on when the one at work is frozen, which writes nothing when it wakes up', async () => {
    const before = await holding();
    const [frozen] = await processOf(before);
    expect(await replaceProcess()).toBe(before.epoch);

    await frozen.kill('SIGSTOP');
    await expect.poll(async () => (await holding()).epoch, { timeout: withinMs }).toBeGreaterThan(before.epoch);
    const after = await holding();
    expect(await processOf(after)).not.toEqual([frozen, expect.anything()]);
    expect(await replaceProcess()).toBe(after.epoch);

    await frozen.kill('SIGCONT');
    const awake = async () => (await fetch(`${frozen.healthUrl}/readyz`).catch(() => null))?.status;
    await expect.poll(awake, { timeout: withinMs }).toBe(200);
    expect(await replaceProcess()).toBe(after.epoch);
    const writes = await fleet.sql<{ epoch: number }>(
      `select epoch::int from test_writes where application like '%observer%' order by number`,
    );
    const epochs = writes.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((left, right) => left - right));
    expect(await phase()).toBe('Running');
  });

  it('one goes on when the one at work is killed', async () => {
    const before = await holding();
    const [killed] = await processOf(before);
    await killed.kill('SIGKILL');
    await expect.poll(async () => (await holding()).epoch, { timeout: withinMs }).toBeGreaterThan(before.epoch);
    expect(await replaceProcess()).toBeGreaterThan(before.epoch);
    await expect.poll(phase, { timeout: withinMs }).toBe('Running');
    await killed.restart();
  });
});
