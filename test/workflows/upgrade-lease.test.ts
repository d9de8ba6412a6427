import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClosed } from '../fakes/scripted-suspension.ts';
import type { Call } from '../fakes/scripted-server.ts';
import { create, ended, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { backupsOf, enterVersion, rollBack, upgrade } from './version-orders.ts';

describe('an agent that is closed for its copy', { timeout: 90_000 }, () => {
  let rig: Rig;
  let newer: string;
  beforeAll(async () => {
    rig = await startRig();
    await rig.startWorker();
    newer = await enterVersion(rig.db, '2026.10.1');
  }, 120_000);
  afterAll(() => rig?.stop());

  const cluster = () => rig.scripted.cluster;
  const processOf = (id: string) => cluster().instances.get(id)?.process;
  const closed = (id: string): boolean => {
    const process = processOf(id);
    return process !== null && process !== undefined && isClosed(process);
  };
  const working = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    cluster().doWork(instance.id, 'before');
    return instance.id;
  };
  const stateAfterRollback = async (id: string) => {
    await ended(rig.db, await rollBack(rig.db, id));
    return cluster().instances.get(id)?.state;
  };

  it('and opens by itself before it is stopped is closed again: its copy and its mark hold what it did meanwhile', async () => {
    const id = await working();
    const next = rig.scripted.hold(
      (call: Call) => call.verb === 'reach' && call.place.instanceId === id && closed(id),
      'before',
    );
    const operation = await upgrade(rig.db, id, newer);
    await next.reached;
    const [{ workMark: first } = { workMark: null }] = await backupsOf(rig.db, id);
    cluster().loseLease(id);
    cluster().doWork(id, 'meanwhile');
    next.letGo();
    await ended(rig.db, operation);

    const [copy] = await backupsOf(rig.db, id);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(copy?.workMark).toMatch(/^[0-9a-f]{64}$/);
    expect(copy?.workMark).not.toBe(first);
    expect(await stateAfterRollback(id)).toEqual({ version: '2026.9.6', work: ['before', 'meanwhile'] });
  });

  it('stays closed for as long as its process takes to end, far beyond the first lease', async () => {
    cluster().leaseMs = 5_000;
    const id = await working();
    cluster().lingering.add(id);
    const operation = await upgrade(rig.db, id, newer);
    await until(
      () => processOf(id),
      (process) => process?.terminating === true,
    );
    const firstEndMs = processOf(id)?.leaseEndsAtMs ?? 0;
    let wasOpen = false;
    await until(
      () => {
        wasOpen ||= !closed(id);
        return processOf(id)?.leaseEndsAtMs ?? 0;
      },
      (endMs) => endMs > firstEndMs + cluster().leaseMs,
    );
    expect(wasOpen).toBe(false);
    cluster().letEnd(id);
    await ended(rig.db, operation);
    expect(await stateAfterRollback(id)).toEqual({ version: '2026.9.6', work: ['before'] });
  });

  it('and opens while it ends is closed again too, with a newer mark', async () => {
    cluster().leaseMs = 5_000;
    const id = await working();
    cluster().lingering.add(id);
    const operation = await upgrade(rig.db, id, newer);
    await until(
      () => processOf(id),
      (process) => process?.terminating === true,
    );
    cluster().loseLease(id);
    cluster().doWork(id, 'meanwhile');
    await until(
      () => closed(id),
      (isAgain) => isAgain,
    );
    cluster().letEnd(id);
    await ended(rig.db, operation);
    expect(await stateAfterRollback(id)).toEqual({ version: '2026.9.6', work: ['before', 'meanwhile'] });
  });

  it('by a worker that was gone for longer than its lease is closed anew', async () => {
    cluster().leaseMs = 120_000;
    const id = await working();
    const [worker] = rig.workers;
    if (!worker) throw new Error('no worker');
    const stopping = rig.scripted.hold(
      (call: Call) => call.verb === 'reach' && call.place.instanceId === id && closed(id),
      'before',
    );
    const operation = await upgrade(rig.db, id, newer);
    await stopping.reached;
    await worker.kill('SIGKILL');
    stopping.letGo();
    cluster().loseLease(id);
    cluster().doWork(id, 'meanwhile');
    await worker.start();
    await ended(rig.db, operation);
    expect(await stateAfterRollback(id)).toEqual({ version: '2026.9.6', work: ['before', 'meanwhile'] });
  });
});
