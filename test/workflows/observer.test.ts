import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../../server/clusters/cluster.entity.ts';
import { ObservedState } from '../../server/instances/observed-state.entity.ts';
import { Lease } from '../../server/observer/lease.entity.ts';
import { QuotaReservation } from '../../server/quotas/quota.entity.ts';
import { cancelOperation } from '../../server/operations/commands/cancel-operation.ts';
import { retryOperation } from '../../server/operations/commands/retry-operation.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import { buildTenant } from '../factories/tenants.ts';
import type { Call } from '../fakes/scripted-server.ts';
import type { Child } from './child.ts';
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

describe('the observer', { timeout: 150_000 }, () => {
  let rig: Rig;
  let observer: Child;
  beforeAll(async () => {
    rig = await startRig();
    [observer] = await Promise.all([rig.startObserver(), rig.startWorker()]);
  }, 120_000);
  afterAll(() => rig?.stop());

  const running = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    return instance.id;
  };
  const phaseIs = (id: string, phase: string) =>
    until(
      () => instanceOf(rig.db, id),
      (instance) => instance.phase === phase,
    );
  const clusterIs = (phase: string) =>
    until(
      () => rig.db.transaction(platformScope(), ({ em }) => em.findOneOrFail(Cluster, { id: rig.clusterId })),
      (cluster) => cluster.phase === phase,
    );
  const observed = (instanceId: string) =>
    rig.db.transaction(platformScope(), ({ em }) => em.findOneOrFail(ObservedState, { instanceId }));
  const leases = () => rig.db.transaction(platformScope(), ({ em }) => em.find(Lease, {}));

  it('writes what happens to an agent outside of any operation', async () => {
    const id = await running();
    rig.scripted.cluster.endByItself(id, 1, ['{"level":"error","message":"out of luck"}']);
    await phaseIs(id, 'Degraded');
    expect(await observed(id)).toMatchObject({ ready: false, restarts: 1, exitCode: 1, reason: 'CrashLoopBackOff' });
  });

  it('parks an agent that ends itself over its configuration, and says its last words', async () => {
    const id = await running();
    rig.scripted.cluster.endByItself(id, 78, ['{"level":"error","message":"the token is gone"}']);
    await until(
      () => rig.scripted.cluster.observe({ tenantId: rig.tenant.id, instanceId: id }),
      ({ processPresent }) => !processPresent,
    );
    const parked = await phaseIs(id, 'Misconfigured');
    expect(parked).toMatchObject({
      power: 'on',
      lastError: { code: 'agent.misconfigured', detail: 'the token is gone' },
    });
    await until(
      () => rig.scripted.cluster.writes.filter(({ instanceId }) => instanceId === id).at(-1)?.kind,
      (kind) => kind === 'power',
    );
    await ended(rig.db, await updateWhenFree(id));
    await phaseIs(id, 'Running');
  });

  async function updateWhenFree(id: string) {
    await until(
      () =>
        rig.db.transaction(platformScope(), (tx) =>
          tx.query(`select 1 from operations where instance_id = ? and ended_at is null`, [id]),
        ),
      (open) => open.length === 0,
    );
    return update(rig.db, id, configurationOf({ environment: { MODE: 'other' } }));
  }

  it('marks what is gone', async () => {
    const id = await running();
    await observer.kill('SIGKILL');
    rig.scripted.cluster.instances.delete(id);
    await observer.start();
    await phaseIs(id, 'Degraded');
    expect(await observed(id)).toMatchObject({ exists: false, processPresent: false, volumePresent: false });
    await ended(rig.db, await ask(rig.db, id, 'sync'));
    await phaseIs(id, 'Running');
  });

  it('knows when a cluster does not answer, and when it does again', async () => {
    const id = await running();
    rig.scripted.cluster.down = true;
    expect(await clusterIs('Unreachable')).toMatchObject({ message: 'the script has taken the cluster down' });
    await phaseIs(id, 'Unknown');

    const waiting = await ask(rig.db, id, 'restart');
    await until(
      () => stepsOf(rig.db, waiting.id),
      (steps) => steps.some(({ state, error }) => state === 'Waiting' && error?.code === 'cluster.unavailable'),
    );
    rig.scripted.cluster.down = false;
    expect(await clusterIs('Ready')).toMatchObject({ message: null, version: 'scripted 1' });
    await ended(rig.db, waiting);
    await phaseIs(id, 'Running');
  });

  it('starts what was booked and not started', async () => {
    const { operation } = await create(rig, { db: rig.forgetful });
    expect(await rig.runs.state(operation.id)).toBe('unknown');
    await ended(rig.db, operation);
  });

  it('cancels what Temporal was not told to cancel', async () => {
    rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason: 'ImagePullBackOff' });
    const { instance, operation } = await create(rig);
    await until(
      () => operationOf(rig.db, operation.id),
      ({ phase }) => phase === 'Running',
    );
    await rig.forgetful.transaction(platformScope(), (tx) => cancelOperation(tx, operation.id, by));
    await ended(rig.db, operation, 'Cancelled');
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
    expect(rig.scripted.cluster.instances.has(instance.id)).toBe(false);
  });

  it('settles an operation whose run was terminated, and the instance is of use again', async () => {
    const id = await running();
    rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason: 'Unschedulable' });
    const operation = await ask(rig.db, id, 'restart');
    await until(
      () => stepsOf(rig.db, operation.id),
      (steps) => steps.some(({ name }) => name === 'awaitReady'),
    );
    await rig.temporal.client.workflow.getHandle(workflowIdOf(operation.id)).terminate('by hand');
    const lost = await ended(rig.db, operation, 'Failed');
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
    expect(lost.error).toMatchObject({ code: 'operation.lost' });
    expect((await stepsOf(rig.db, operation.id)).at(-1)).toMatchObject({
      state: 'Failed',
      error: { code: 'operation.lost' },
    });
    await ended(rig.db, await rig.db.transaction(platformScope(), (tx) => retryOperation(tx, operation.id, by)));
    await phaseIs(id, 'Running');
  });

  describe('settles a provision whose run was terminated', () => {
    const reservedOf = (instanceId: string) =>
      rig.db.transaction(platformScope(), ({ em }) => em.findOneOrFail(QuotaReservation, { instanceId }));
    const nothing = { cpuMillis: 0, memoryBytes: 0, storageBytes: 0, instances: 0 };
    /** The step that it was in has sent something that never arrives. */
    const terminatedAt = async (fits: (call: Call) => boolean) => {
      const held = rig.scripted.hold(fits, 'before');
      const made = await create(rig);
      await held.reached;
      await rig.temporal.client.workflow.getHandle(workflowIdOf(made.operation.id)).terminate('by hand');
      const lost = await ended(rig.db, made.operation, 'Failed');
      expect(lost.error).toMatchObject({ code: 'operation.lost' });
      return made;
    };
    const retried = async (operationId: string) =>
      ended(rig.db, await rig.db.transaction(platformScope(), (tx) => retryOperation(tx, operationId, by)));
    const afterPlacement = (call: Call) => call.verb === 'write' && call.change.kind === 'power';

    it('before anything was placed: nothing is there, its quota is free, and a retry brings it up', async () => {
      const { instance, operation } = await terminatedAt((call) => call.verb === 'readSpace');
      await phaseIs(instance.id, 'Failed');
      expect(rig.scripted.cluster.instances.has(instance.id)).toBe(false);
      expect(await reservedOf(instance.id)).toMatchObject(nothing);
      await retried(operation.id);
      await phaseIs(instance.id, 'Running');
    });

    it('after its objects were placed: they stay, with what they hold of the quota, and a sync goes on from there', async () => {
      const { instance, operation } = await terminatedAt(afterPlacement);
      await phaseIs(instance.id, 'Degraded');
      expect(await instanceOf(rig.db, instance.id)).toMatchObject({
        volume: 'present',
        lastError: { code: 'operation.lost' },
      });
      expect(await observed(instance.id)).toMatchObject({ exists: true, processPresent: false });
      expect(await reservedOf(instance.id)).toMatchObject({ instances: 1 });
      // It is no creation any more.
      await expect(retried(operation.id)).rejects.toMatchObject({ code: 'operation.not-retryable' });
      await ended(rig.db, await ask(rig.db, instance.id, 'sync'));
      await phaseIs(instance.id, 'Running');
      expect(rig.scripted.cluster.begun.get(instance.id)).toHaveLength(1);
    });

    it('and it can be deleted instead', async () => {
      const { instance } = await terminatedAt((call) => call.verb === 'readSpace');
      await ended(rig.db, await remove(rig.db, instance.id, { purge: true }));
      await phaseIs(instance.id, 'Deleted');
      expect(await reservedOf(instance.id)).toMatchObject(nothing);
    });
  });

  it('settles a deletion whose run was terminated, and a retry ends it', async () => {
    const id = await running();
    const held = rig.scripted.hold((call) => call.verb === 'write' && call.change.kind === 'remove', 'before');
    const removal = await remove(rig.db, id, { purge: true });
    await held.reached;
    await rig.temporal.client.workflow.getHandle(workflowIdOf(removal.id)).terminate('by hand');
    const lost = await ended(rig.db, removal, 'Failed');
    held.letGo();
    expect(lost.error).toMatchObject({ code: 'operation.lost' });
    const { phase } = await instanceOf(rig.db, id);
    expect(phase).not.toBe('Deleted');
    await ended(rig.db, await rig.db.transaction(platformScope(), (tx) => retryOperation(tx, removal.id, by)));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Deleted', volume: 'purged' });
    expect(rig.scripted.cluster.instances.has(id)).toBe(false);
  });

  it('clears away short processes that nobody comes for, and spaces of tenants that are deleted', async () => {
    const { cluster } = rig.scripted;
    cluster.fateOf = () => ({ does: 'wait', reason: 'Unschedulable' });
    const { operation } = await create(rig);
    await until(
      () => operationOf(rig.db, operation.id),
      (found) => found.phase === 'Running',
    );
    const over = await rig.db.transaction(platformScope(), (tx) =>
      tx.query<{ id: string }>(`select id from operations where ended_at is not null limit 1`),
    );
    const place = (name: string, operationId: string | null, ageMs = 0) => {
      const createdAt = new Date(Date.now() - ageMs).toISOString();
      cluster.oneShots.set(name, { tenantId: rig.tenant.id, name, uid: name, operationId, createdAt });
    };
    place('left', over[0]?.id ?? '');
    place('old', null, 2 * 60 * 60_000);
    place('young', null);
    place('wanted', operation.id);
    place('foreign', randomUUID());
    const deleted = await buildTenant(rig.db);
    await rig.db.transaction(platformScope(), (tx) =>
      tx.query(`update tenants set phase = 'Deleted' where id = ?`, [deleted.id]),
    );
    const spaceOf = (tenantId: string) => ({
      tenantId,
      name: 'left',
      generation: 1,
      quota: { cpuMillis: 1, memoryBytes: 1, storageBytes: 1, instances: 1 },
    });
    const stranger = randomUUID();
    for (const tenantId of [deleted.id, stranger]) cluster.spaces.set(tenantId, spaceOf(tenantId));

    await until(
      () => [...cluster.oneShots.keys()],
      (names) => !names.includes('left') && !names.includes('old'),
    );
    await until(
      () => cluster.spaces.has(deleted.id),
      (there) => !there,
    );
    expect([...cluster.oneShots.keys()].toSorted()).toEqual(['foreign', 'wanted', 'young']);
    expect(cluster.spaces.has(stranger)).toBe(true);
    expect(cluster.spaces.has(rig.tenant.id)).toBe(true);
    cluster.fateOf = () => ({ does: 'run' });
    cluster.oneShots.clear();
    await rig.db.transaction(platformScope(), (tx) => cancelOperation(tx, operation.id, by));
    await ended(rig.db, operation, 'Cancelled');
  });

  it('settles an operation that Temporal does not know any more', async () => {
    const id = await running();
    rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason: 'Unschedulable' });
    const operation = await ask(rig.db, id, 'restart');
    await until(
      () => operationOf(rig.db, operation.id),
      ({ phase }) => phase === 'Running',
    );
    await rig.temporal.client.workflowService.deleteWorkflowExecution({
      namespace: rig.temporal.namespace,
      workflowExecution: { workflowId: workflowIdOf(operation.id) },
    });
    const lost = await ended(rig.db, operation, 'Failed');
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
    expect(lost.error).toMatchObject({ code: 'operation.lost' });
  });

  it('is replaced by another one when it is killed', async () => {
    const name = `cluster/${rig.clusterId}`;
    const before = (await leases()).find((lease) => lease.name === name);
    await rig.startObserver('second-observer');
    await observer.kill('SIGKILL');
    const id = await running();
    rig.scripted.cluster.endByItself(id, 1, []);
    await phaseIs(id, 'Degraded');
    const after = (await leases()).find((lease) => lease.name === name);
    expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    expect(after?.holder).not.toBe(before?.holder);
    const { operation } = await create(rig, { db: rig.forgetful });
    await ended(rig.db, operation);
  });
});
