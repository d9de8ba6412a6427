import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalPostgres } from '../../deploy/local/postgres.ts';
import type { LocalTemporal } from '../../deploy/local/temporal.ts';
import { migrate } from '../../migrations/run.ts';
import { cancelOperation } from '../../server/operations/commands/cancel-operation.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { startOwnPostgres } from '../platform/postgres.ts';
import { startOwnTemporal } from '../platform/temporal.ts';
import type { Call, Held } from '../fakes/scripted-server.ts';
import type { Child } from './child.ts';
import { ask, create, ended, instanceOf, operationOf, remove, stepsOf, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

const slowlyMs = 60_000;

describe('after a crash an operation still comes to its end', () => {
  let postgres: LocalPostgres;
  let temporal: LocalTemporal;
  let rig: Rig;
  let worker: Child;
  let observer: Child;
  beforeAll(async () => {
    [postgres, temporal] = await Promise.all([startOwnPostgres(), startOwnTemporal()]);
    const ownerUrl = await postgres.database('occ');
    const app = new URL(ownerUrl);
    Object.assign(app, { username: 'occ_app', password: 'occ_app' });
    await migrate('up', { ownerUrl, appUrl: app.href });
    rig = await startRig({ appUrl: app.href, temporal });
    [worker, observer] = await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(async () => {
    await rig?.stop();
    await Promise.all([temporal?.stop(), postgres?.stop()]);
  });

  const write = (instanceId: string, kind: string) => (call: Call) =>
    call.verb === 'write' && call.place.instanceId === instanceId && call.change.kind === kind;
  const begun = (id: string) => rig.scripted.cluster.begun.get(id)?.length ?? 0;
  const running = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation, 'Succeeded', slowlyMs);
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
      await rig.runs.start({ operation, clusterId: rig.clusterId });
      await killWorkerAt(held);
      await ended(rig.db, operation, 'Succeeded', slowlyMs);
      expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running' });
      expect(begun(instance.id)).toBe(1);
      expect(await stepsOf(rig.db, operation.id)).toContainEqual(expect.objectContaining({ name: 'powerOn', attempt: 2 }));
    }, 90_000);
  }

  it('of the worker in the middle of a stop', async () => {
    const id = await running();
    const held = rig.scripted.hold(write(id, 'power'), 'after');
    const stop = await ask(rig.db, id, 'stop');
    await killWorkerAt(held);
    await ended(rig.db, stop, 'Succeeded', slowlyMs);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Stopped' });
  }, 90_000);

  it('of the worker in the middle of a delete', async () => {
    const id = await running();
    const held = rig.scripted.hold(write(id, 'remove'), 'before');
    const removal = await remove(rig.db, id, { purge: true });
    await killWorkerAt(held);
    await ended(rig.db, removal, 'Succeeded', slowlyMs);
    expect(rig.scripted.cluster.instances.has(id)).toBe(false);
  }, 90_000);

  it('of the api between commit and start, and of the observer that should have started it', async () => {
    await observer.kill('SIGKILL');
    const { instance, operation } = await create(rig, { db: rig.forgetful });
    await observer.start();
    await ended(rig.db, operation, 'Succeeded', slowlyMs);
    expect(begun(instance.id)).toBe(1);
  }, 90_000);

  it('of Temporal, killed and started again in the middle of it', async () => {
    const { instance, operation } = await create(rig, { db: rig.forgetful });
    const held = rig.scripted.hold(write(instance.id, 'power'), 'after');
    await rig.runs.start({ operation, clusterId: rig.clusterId });
    await held.reached;
    await temporal.kill('SIGKILL');
    held.letGo();
    await temporal.restart();
    await ended(rig.db, operation, 'Succeeded', 100_000);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running' });
    expect(begun(instance.id)).toBe(1);
  }, 120_000);

  it('of Temporal, away while it is booked and cancelled', async () => {
    await temporal.kill('SIGKILL');
    const booked = await create(rig);
    const cancelled = await create(rig);
    await rig.db.transaction(platformScope(), (tx) => cancelOperation(tx, cancelled.operation.id, by));
    expect(await operationOf(rig.db, booked.operation.id)).toMatchObject({ phase: 'Accepted' });
    await temporal.restart();
    await ended(rig.db, booked.operation, 'Succeeded', 100_000);
    await ended(rig.db, cancelled.operation, 'Cancelled', 100_000);
    expect(rig.scripted.cluster.instances.has(cancelled.instance.id)).toBe(false);
  }, 150_000);

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`of PostgreSQL, ended by ${signal} and started again in the middle of it`, async () => {
      const { instance, operation } = await create(rig, { db: rig.forgetful });
      const held = rig.scripted.hold(write(instance.id, 'power'), 'after');
      await rig.runs.start({ operation, clusterId: rig.clusterId });
      await held.reached;
      if (signal === 'SIGKILL') await postgres.kill(signal);
      else await postgres.stop();
      held.letGo();
      await postgres.restart();
      await ended(rig.db, operation, 'Succeeded', slowlyMs);
      expect(begun(instance.id)).toBe(1);
      expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running' });

      rig.scripted.cluster.endByItself(instance.id, 1, []);
      await until(
        () => instanceOf(rig.db, instance.id),
        ({ phase }) => phase === 'Degraded',
      );
    }, 120_000);
  }
});
