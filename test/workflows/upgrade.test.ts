import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelOperation } from '../../server/operations/commands/cancel-operation.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { s3Store } from '../../activities/storage/s3-store.ts';
import { ownBucket } from '../platform/s3.ts';
import type { Fate } from '../fakes/scripted-cluster.ts';
import type { Call } from '../fakes/scripted-server.ts';
import { startStorageFront, type StorageFront } from '../fakes/storage-front.ts';
import {
  ask,
  configurationOf,
  create,
  ended,
  instanceOf,
  operationOf,
  remove,
  stepsOf,
  until,
  update,
} from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { backupsOf, enterVersion, rollBack, upgrade } from './version-orders.ts';

const runs: Fate = { does: 'run' };

describe('another version of an agent', { timeout: 150_000 }, () => {
  let rig: Rig;
  let storage: StorageFront;
  let newer: string;
  beforeAll(async () => {
    storage = await startStorageFront(ownBucket());
    rig = await startRig({ storage, environment: { REST_PATIENCE_SECONDS: '6' } });
    await rig.startWorker();
    newer = await enterVersion(rig.db, '2026.10.1');
  }, 120_000);
  afterAll(async () => {
    await rig?.stop();
    await storage?.stop();
  });

  const cluster = () => rig.scripted.cluster;
  const seen = (id: string) => cluster().observe({ tenantId: rig.tenant.id, instanceId: id });
  const stateOf = (id: string) => cluster().instances.get(id)?.state;
  const begun = (id: string) => cluster().begun.get(id)?.length ?? 0;
  const versionOf = (id: string) => cluster().instances.get(id)?.workload?.spec.agentVersion;
  const namesOf = async (operationId: string) => (await stepsOf(rig.db, operationId)).map(({ name }) => name);
  const working = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    cluster().doWork(instance.id, 'before');
    return instance.id;
  };
  const upgraded = async () => {
    const id = await working();
    await ended(rig.db, await upgrade(rig.db, id, newer));
    return id;
  };

  it('comes up on the same state, after a verified copy of it', async () => {
    const id = await working();
    const operation = await upgrade(rig.db, id, newer);
    await ended(rig.db, operation);
    expect(await namesOf(operation.id)).toEqual([
      'checkConfiguration',
      'prePullImage',
      'suspendAgent',
      'stopForCopy',
      'backupState',
      'applyRevision',
      'awaitReady',
      'proveConfiguration',
      'probeAgent',
    ]);
    expect(await instanceOf(rig.db, id)).toMatchObject({
      phase: 'Running',
      revision: 2,
      liveRevision: 2,
      rollbacks: 0,
    });
    expect(stateOf(id)).toEqual({ version: '2026.10.1', work: ['before'] });
    expect(begun(id)).toBe(2);
    expect(await backupsOf(rig.db, id)).toMatchObject([
      {
        phase: 'Verified',
        reason: 'upgrade',
        revision: 1,
        operationId: operation.id,
        workMark: expect.stringMatching(/^[0-9a-f]{64}$/),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  it('is left again with the state of before, and what was newer is kept', async () => {
    const id = await upgraded();
    const operation = await rollBack(rig.db, id);
    expect(operation).toMatchObject({ kind: 'instance.rollback', revision: 1, previousRevision: 2 });
    await ended(rig.db, operation);
    expect(stateOf(id)).toEqual({ version: '2026.9.6', work: ['before'] });
    expect(await instanceOf(rig.db, id)).toMatchObject({
      phase: 'Running',
      revision: 1,
      liveRevision: 1,
      rollbacks: 1,
    });
    expect((await backupsOf(rig.db, id)).map(({ reason, revision, phase }) => [reason, revision, phase])).toEqual([
      ['upgrade', 1, 'Verified'],
      ['rollback', 2, 'Verified'],
    ]);
  });

  it('is not left when work was done on it since, unless that may be lost', async () => {
    const id = await upgraded();
    cluster().doWork(id, 'after');
    const processes = begun(id);
    const refused = await ended(rig.db, await rollBack(rig.db, id), 'Failed');
    expect(refused.error).toMatchObject({ code: 'backup.state-diverged' });
    expect(begun(id), 'it was not touched').toBe(processes);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 2, rollbacks: 0 });
    cluster().doWork(id, 'still open');

    await ended(rig.db, await rollBack(rig.db, id, { discardNewState: true }));
    expect(stateOf(id)).toEqual({ version: '2026.9.6', work: ['before'] });
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 1 });
    expect(
      (await backupsOf(rig.db, id)).filter(({ reason, phase }) => reason === 'rollback' && phase === 'Verified'),
    ).toHaveLength(1);
  });

  it('that never gets ready gives way to the one before, with its state', async () => {
    const id = await working();
    cluster().fateOf = ({ agentVersion }) =>
      agentVersion === '2026.10.1' ? { does: 'exit', code: 78, lines: ['{"level":"error","message":"cannot"}'] } : runs;
    const failed = await ended(rig.db, await upgrade(rig.db, id, newer), 'Failed');
    cluster().fateOf = () => runs;
    expect(failed.error).toMatchObject({ code: 'agent.misconfigured', detail: 'cannot' });
    expect(stateOf(id)).toEqual({ version: '2026.9.6', work: ['before'] });
    expect(versionOf(id)).toBe('2026.9.6');
    expect(await instanceOf(rig.db, id)).toMatchObject({
      phase: 'Running',
      revision: 1,
      liveRevision: 1,
      rollbacks: 1,
    });
  });

  it('that comes up and fails its probe gives way too, and its state is kept', async () => {
    const id = await working();
    const held = rig.scripted.hold(
      (call: Call) => call.verb === 'write' && call.change.kind === 'ensure' && call.place.instanceId === id,
      'after',
    );
    const operation = await upgrade(rig.db, id, newer);
    await held.reached;
    cluster().broken.add(id);
    held.letGo();
    const failed = await ended(rig.db, operation, 'Failed', 120_000);
    cluster().broken.delete(id);
    expect(failed.error).toMatchObject({ code: 'agent.probe-failed' });
    expect(stateOf(id)).toEqual({ version: '2026.9.6', work: ['before'] });
    expect((await backupsOf(rig.db, id)).map(({ reason, revision }) => [reason, revision])).toEqual([
      ['upgrade', 1],
      ['rollback', 2],
    ]);
  });

  it('waits for an agent that works, and lets it go on where it does not come to rest', async () => {
    const id = await working();
    cluster().busy.add(id);
    const waiting = await upgrade(rig.db, id, newer);
    const failed = await ended(rig.db, waiting, 'Failed');
    expect(failed.error).toMatchObject({ code: 'agent.busy', detail: '1 active run(s)' });
    expect(begun(id)).toBe(1);
    cluster().doWork(id, 'open again');

    const next = await upgrade(rig.db, id, newer);
    await until(
      () => stepsOf(rig.db, next.id),
      (steps) => steps.some(({ name, state }) => name === 'suspendAgent' && state === 'Waiting'),
    );
    cluster().busy.delete(id);
    await ended(rig.db, next);
    expect(stateOf(id)).toEqual({ version: '2026.10.1', work: ['before', 'open again'] });
  });

  it('is called off, and superseded, without harm before the swap', async () => {
    const id = await working();
    cluster().busy.add(id);
    const cancelled = await upgrade(rig.db, id, newer);
    await until(
      () => stepsOf(rig.db, cancelled.id),
      (steps) => steps.some(({ name, state }) => name === 'suspendAgent' && state === 'Waiting'),
    );
    await rig.db.transaction(platformScope(), (tx) => cancelOperation(tx, cancelled.id, by));
    await ended(rig.db, cancelled, 'Cancelled');
    cluster().doWork(id, 'open again');
    expect(await backupsOf(rig.db, id)).toMatchObject([{ phase: 'Failed' }]);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 1, rollbacks: 0 });

    const superseded = await upgrade(rig.db, id, newer);
    await until(
      () => stepsOf(rig.db, superseded.id),
      (steps) => steps.some(({ name, state }) => name === 'suspendAgent' && state === 'Waiting'),
    );
    await ended(rig.db, await ask(rig.db, id, 'kill'));
    cluster().busy.delete(id);
    expect(await operationOf(rig.db, superseded.id)).toMatchObject({ phase: 'Superseded' });
    await ended(rig.db, await ask(rig.db, id, 'start'));
    expect(versionOf(id)).toBe('2026.9.6');
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 1, liveRevision: 1 });
  });

  it('waits before it touches anything while the object storage is away', async () => {
    const id = await working();
    storage.isAway = true;
    const operation = await upgrade(rig.db, id, newer);
    await until(
      () => stepsOf(rig.db, operation.id),
      (steps) => steps.some(({ error }) => error?.code === 'storage.unavailable'),
    );
    cluster().doWork(id, 'meanwhile');
    storage.isAway = false;
    await ended(rig.db, operation);
    expect(stateOf(id)).toEqual({ version: '2026.10.1', work: ['before', 'meanwhile'] });
  });

  it('never comes without a copy: a storage that is full, or goes away in the middle, leaves the version before', async () => {
    for (const trouble of ['isFull', 'isAway'] as const) {
      const id = await working();
      const held = rig.scripted.hold((call: Call) => call.verb === 'readState', 'after');
      const operation = await upgrade(rig.db, id, newer);
      await held.reached;
      storage[trouble] = true;
      held.letGo();
      const failed = await ended(rig.db, operation, 'Failed');
      storage[trouble] = false;
      expect(failed.error?.code).toBe(trouble === 'isFull' ? 'storage.full' : 'backup.failed');
      expect(await namesOf(operation.id)).not.toContain('applyRevision');
      expect(stateOf(id)).toEqual({ version: '2026.9.6', work: ['before'] });
      expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 1, rollbacks: 0 });
      cluster().doWork(id, 'goes on');
      expect((await backupsOf(rig.db, id)).map(({ phase }) => phase)).toEqual(['Failed']);
    }
  });

  it('whose image cannot be had ends before anything is touched', async () => {
    const id = await working();
    const { judge } = cluster();
    cluster().judge = (job) => (job.name === 'pull' ? { exitCode: 127, output: 'no such program' } : judge(job));
    const failed = await ended(rig.db, await upgrade(rig.db, id, newer), 'Failed');
    cluster().judge = judge;
    expect(failed.error).toMatchObject({ code: 'agent.image-unavailable' });
    expect(begun(id)).toBe(1);
    expect(await backupsOf(rig.db, id)).toEqual([]);
  });

  it('of a stopped instance is swapped without a start, and back', async () => {
    const id = await working();
    await ended(rig.db, await ask(rig.db, id, 'stop'));
    await ended(rig.db, await upgrade(rig.db, id, newer));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Stopped', revision: 2, liveRevision: 1 });
    expect(versionOf(id)).toBe('2026.10.1');
    expect(await backupsOf(rig.db, id)).toMatchObject([{ phase: 'Verified', revision: 1, workMark: null }]);
    await ended(rig.db, await rollBack(rig.db, id));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Stopped', revision: 1 });
    expect(begun(id)).toBe(1);
  });

  it('leaves no copy behind when the instance is purged', async () => {
    const id = await upgraded();
    const [backup] = await backupsOf(rig.db, id);
    if (!backup) throw new Error('there is no copy');
    const store = s3Store({ ...storage, region: 'us-east-1' });
    const { signal } = new AbortController();
    expect(await store.stat(backup.objectKey, signal)).not.toBeNull();
    await ended(rig.db, await remove(rig.db, id, { purge: true }));
    expect(await store.stat(backup.objectKey, signal)).toBeNull();
    expect(await backupsOf(rig.db, id)).toMatchObject([{ phase: 'Expired' }]);
  });

  it('is left without a copy of state where only the configuration was another one', async () => {
    const id = await working();
    await ended(rig.db, await update(rig.db, id, configurationOf({ environment: { MODE: 'other' } })));
    const operation = await rollBack(rig.db, id);
    expect(operation.kind).toBe('instance.update');
    await ended(rig.db, operation);
    expect(await instanceOf(rig.db, id)).toMatchObject({ revision: 1, liveRevision: 1 });
  });

  it('needs nobody to look when the worker is killed in the middle', async () => {
    const id = await working();
    const places: ((call: Call) => boolean)[] = [
      (call) => call.verb === 'write' && call.change.kind === 'power' && call.change.power === 'off',
      (call) => call.verb === 'readState',
      (call) => call.verb === 'write' && call.change.kind === 'ensure',
    ];
    const [worker] = rig.workers;
    if (!worker) throw new Error('no worker');
    const operation = await upgrade(rig.db, id, newer);
    for (const place of places) {
      const held = rig.scripted.hold(place, 'after');
      await held.reached;
      await worker.kill('SIGKILL');
      held.letGo();
      await worker.start();
    }
    await ended(rig.db, operation);
    expect(stateOf(id)).toEqual({ version: '2026.10.1', work: ['before'] });
    expect(begun(id)).toBe(2);
    expect(await backupsOf(rig.db, id)).toMatchObject([{ phase: 'Verified' }]);

    const back = await rollBack(rig.db, id);
    const restoring = rig.scripted.hold((call: Call) => call.verb === 'writeState', 'after');
    await restoring.reached;
    await worker.kill('SIGKILL');
    restoring.letGo();
    await worker.start();
    await ended(rig.db, back);
    expect(stateOf(id)).toEqual({ version: '2026.9.6', work: ['before'] });
    expect(begun(id)).toBe(3);
    expect(await operationOf(rig.db, back.id)).toMatchObject({ phase: 'Succeeded' });
    expect(seen(id)).toMatchObject({ revision: 1, ready: true });
  });
});
