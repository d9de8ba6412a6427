import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelOperation } from '../../server/operations/commands/cancel-operation.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { Call, Held } from '../fakes/scripted-server.ts';
import type { Child } from './child.ts';
import { startOwnServers, type OwnServers } from './own-servers.ts';
import { ask, create, ended, instanceOf, operationOf, remove, startRun, stepsOf, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

describe('after a crash an operation still comes to its end', { timeout: 150_000 }, () => {
  let postgres: OwnServers['postgres'];
  let temporal: OwnServers['temporal'];
  let servers: OwnServers;
  let rig: Rig;
  let worker: Child;
  let observer: Child;
  beforeAll(async () => {
    servers = await startOwnServers();
    ({ postgres, temporal } = servers);
    rig = await startRig(servers);
    [worker, observer] = await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(async () => {
    await rig?.stop();
    await servers?.stop();
  });

  const write = (instanceId: string, kind: string) => (call: Call) =>
    call.verb === 'write' && call.place.instanceId === instanceId && call.change.kind === kind;
  const begun = (id: string) => rig.scripted.cluster.begun.get(id)?.length ?? 0;
  const running = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    return instance.id;
  };
  const killWorkerAt = async ({ reached, letGo }: Held) => {
    await reached;
    await worker.kill('SIGKILL');
    letGo();
    await worker.start();
  };

  for (const when of ['before', 'after'] as const) {
    it(`of the worker, ${when} a write of a provision`, async () => {
      const { instance, operation } = await create(rig, { db: rig.forgetful });
      const held = rig.scripted.hold(write(instance.id, 'power'), when);
      await startRun(rig, operation);
      await killWorkerAt(held);
      await ended(rig.db, operation);
      expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running' });
      expect(begun(instance.id)).toBe(1);
      expect(await stepsOf(rig.db, operation.id)).toContainEqual(
        expect.objectContaining({ name: 'powerOn', attempt: 2 }),
      );
    });
  }

  it('of the worker in the middle of a stop', async () => {
    const id = await running();
    const held = rig.scripted.hold(write(id, 'power'), 'after');
    const stop = await ask(rig.db, id, 'stop');
    await killWorkerAt(held);
    await ended(rig.db, stop);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Stopped' });
  });

  it('of the worker in the middle of a delete', async () => {
    const id = await running();
    const held = rig.scripted.hold(write(id, 'remove'), 'before');
    const removal = await remove(rig.db, id, { purge: true });
    await killWorkerAt(held);
    await ended(rig.db, removal);
    expect(rig.scripted.cluster.instances.has(id)).toBe(false);
  });

  it('of no worker: one that is told to end hands its steps over', async () => {
    rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason: 'Unschedulable' });
    const { instance, operation } = await create(rig);
    await until(
      () => stepsOf(rig.db, operation.id),
      (steps) => steps.some(({ name, state }) => name === 'awaitReady' && state === 'Waiting'),
    );
    await worker.stop();
    expect(await operationOf(rig.db, operation.id)).toMatchObject({ phase: 'Running' });
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
    await worker.start();
    rig.scripted.cluster.recover(instance.id);
    await ended(rig.db, operation);
  });

  it('of the api between commit and start, and of the observer that should have started it', async () => {
    await observer.kill('SIGKILL');
    const { instance, operation } = await create(rig, { db: rig.forgetful });
    await observer.start();
    await ended(rig.db, operation);
    expect(begun(instance.id)).toBe(1);
  });

  it('of the observer in the middle of a provision, and of a delete', async () => {
    const { cluster } = rig.scripted;
    const killObserverAt = async ({ reached, letGo }: Held) => {
      await reached;
      await observer.kill('SIGKILL');
      letGo();
    };
    const { instance, operation } = await create(rig, { db: rig.forgetful });
    const provisioning = rig.scripted.hold(write(instance.id, 'power'), 'before');
    await startRun(rig, operation);
    await killObserverAt(provisioning);
    await ended(rig.db, operation);
    await observer.start();
    await until(
      () => instanceOf(rig.db, instance.id),
      ({ phase }) => phase === 'Running',
    );
    expect(begun(instance.id)).toBe(1);

    const removing = rig.scripted.hold(write(instance.id, 'remove'), 'before');
    const removal = await remove(rig.db, instance.id, { purge: true });
    await killObserverAt(removing);
    await ended(rig.db, removal);
    await observer.start();
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Deleted', volume: 'purged' });
    expect(cluster.instances.has(instance.id)).toBe(false);
    // Nobody has done anything again, or besides.
    const written = cluster.writes.filter(({ instanceId }) => instanceId === instance.id);
    expect(written.map(({ kind }) => kind)).toEqual(['ensure', 'power', 'remove', 'removeVolume']);
  });

  it('of Temporal, killed and started again in the middle of it', async () => {
    const { instance, operation } = await create(rig, { db: rig.forgetful });
    const held = rig.scripted.hold(write(instance.id, 'power'), 'after');
    await startRun(rig, operation);
    await held.reached;
    await temporal.kill('SIGKILL');
    held.letGo();
    await temporal.restart();
    await ended(rig.db, operation);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running' });
    expect(begun(instance.id)).toBe(1);
  });

  it('of Temporal, away while it is booked and cancelled', async () => {
    await temporal.kill('SIGKILL');
    const booked = await create(rig);
    const cancelled = await create(rig);
    await rig.db.transaction(platformScope(), (tx) => cancelOperation(tx, cancelled.operation.id, by));
    expect(await operationOf(rig.db, booked.operation.id)).toMatchObject({ phase: 'Accepted' });
    await temporal.restart();
    await ended(rig.db, booked.operation);
    await ended(rig.db, cancelled.operation, 'Cancelled');
    expect(rig.scripted.cluster.instances.has(cancelled.instance.id)).toBe(false);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`of PostgreSQL, ended by ${signal} and started again in the middle of it`, async () => {
      const { instance, operation } = await create(rig, { db: rig.forgetful });
      const held = rig.scripted.hold(write(instance.id, 'power'), 'after');
      await startRun(rig, operation);
      await held.reached;
      if (signal === 'SIGKILL') await postgres.kill(signal);
      else await postgres.stop();
      held.letGo();
      await postgres.restart();
      await ended(rig.db, operation);
      expect(begun(instance.id)).toBe(1);
      expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running' });

      rig.scripted.cluster.endByItself(instance.id, 1, []);
      await until(
        () => instanceOf(rig.db, instance.id),
        ({ phase }) => phase === 'Degraded',
      );
    });
  }
});
