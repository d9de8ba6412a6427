import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../../server/clusters/cluster.entity.ts';
import { ObservedState } from '../../server/instances/observed-state.entity.ts';
import { Lease } from '../../server/observer/lease.entity.ts';
import { cancelOperation } from '../../server/operations/commands/cancel-operation.ts';
import { retryOperation } from '../../server/operations/commands/retry-operation.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import type { Child } from './child.ts';
import { ask, configurationOf, create, ended, instanceOf, operationOf, stepsOf, until, update } from './orders.ts';
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
