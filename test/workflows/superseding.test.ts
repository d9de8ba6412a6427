import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import type { Call } from '../fakes/scripted-server.ts';
import {
  ask,
  configurationOf,
  create,
  ended,
  instanceOf,
  operationOf,
  remove,
  startRun,
  stepsOf,
  until,
} from './orders.ts';
import { startRig, type Rig } from './rig.ts';

describe('an operation that is superseded', { timeout: 150_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await rig.startWorker();
    await rig.startObserver();
  }, 120_000);
  afterAll(() => rig?.stop());

  const writesOf = (operationId: string) =>
    rig.scripted.cluster.writes.filter((write) => write.operationId === operationId);
  const allWritesOf = (operationId: string) => {
    const { spaceWrites, placedOneShots } = rig.scripted.cluster;
    const others = [...spaceWrites, ...placedOneShots].filter((write) => write.operationId === operationId);
    return [...writesOf(operationId), ...others];
  };
  const write = (operationId: string, kind: string) => (call: Call) =>
    call.verb === 'write' && call.operationId === operationId && call.change.kind === kind;
  const resultOf = (operationId: string): Promise<unknown> =>
    rig.temporal.client.workflow.getHandle(workflowIdOf(operationId)).result();

  it('by a kill writes nothing any more, also not with a write that was on its way', async () => {
    const { instance, operation } = await create(rig, { db: rig.forgetful });
    const held = rig.scripted.hold(write(operation.id, 'power'), 'before');
    await startRun(rig, operation);
    await held.reached;
    const kill = await ask(rig.db, instance.id, 'kill');
    await ended(rig.db, kill);
    const written = writesOf(operation.id).length;
    held.letGo();

    expect(await resultOf(operation.id)).toBe('Superseded');
    expect(await operationOf(rig.db, operation.id)).toMatchObject({ phase: 'Superseded', supersededBy: kill.id });
    expect(writesOf(operation.id)).toHaveLength(written);
    expect(rig.scripted.cluster.observe({ tenantId: rig.tenant.id, instanceId: instance.id })).toMatchObject({
      power: 'off',
      processPresent: false,
    });
  });

  it('by a delete drops its undo, also while the cluster is down', async () => {
    const { cluster } = rig.scripted;
    cluster.fateOf = () => ({ does: 'wait', reason: 'Unschedulable' });
    const { instance, operation } = await create(rig);
    await until(
      () => writesOf(operation.id).length,
      (count) => count >= 2,
    );
    cluster.down = true;
    await until(
      () => stepsOf(rig.db, operation.id),
      (steps) => steps.some(({ error }) => error?.code === 'cluster.unavailable'),
    );
    const written = writesOf(operation.id).length;
    const removal = await remove(rig.db, instance.id, { purge: true });
    await until(
      () => stepsOf(rig.db, removal.id),
      (steps) => steps.some(({ state, error }) => state === 'Waiting' && error?.code === 'cluster.unavailable'),
    );
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Deleting' });
    cluster.down = false;
    cluster.fateOf = () => ({ does: 'run' });

    await ended(rig.db, removal);
    expect(await resultOf(operation.id)).toBe('Superseded');
    expect(writesOf(operation.id)).toHaveLength(written);
    expect(cluster.instances.has(instance.id)).toBe(false);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Deleted', volume: 'purged' });
  });

  it('cannot bring back what was purged meanwhile: a creation that lands late is cleared away', async () => {
    const { instance, operation } = await create(rig, { db: rig.forgetful });
    const held = rig.scripted.hold(write(operation.id, 'ensure'), 'before');
    await startRun(rig, operation);
    await held.reached;
    await ended(rig.db, await remove(rig.db, instance.id, { purge: true }));
    held.letGo();

    await until(
      () => writesOf(operation.id).length,
      (count) => count === 1,
    );
    await until(
      () => rig.scripted.cluster.instances.has(instance.id),
      (there) => !there,
    );
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Deleted' });
  });

  const steps: { during: string; read: (instanceId: string) => (call: Call) => boolean }[] = [
    { during: 'prepares the tenant’s space', read: () => (call) => call.verb === 'readSpace' },
    { during: 'checks the configuration', read: () => (call) => call.verb === 'readOneShot' },
    {
      during: 'places the objects',
      read: (instanceId) => (call) => call.verb === 'read' && call.place.instanceId === instanceId,
    },
  ];

  it.each(steps)('is kept from writing also in a worker that was frozen while it $during', async ({ read }) => {
    const { cluster } = rig.scripted;
    // Something to be written in each step: a space that is not there, a configuration that nobody has checked.
    cluster.spaces.delete(rig.tenant.id);
    const configuration = configurationOf({ environment: { UNCHECKED: randomUUID() } });
    const { instance, operation } = await create(rig, { db: rig.forgetful, configuration });
    const held = rig.scripted.hold(read(instance.id), 'after');
    const frozen = rig.workers.at(-1);
    if (!frozen) throw new Error('no worker');
    await startRun(rig, operation);
    await held.reached;
    // Told to end, it takes no further tasks: else the server would hand some to the frozen process, and wait for them.
    await frozen.kill('SIGTERM');
    await until(
      () => fetch(`${frozen.healthUrl}/readyz`).then(({ status }) => status),
      (status) => status === 503,
    );
    await frozen.kill('SIGSTOP');
    const written = allWritesOf(operation.id).length;
    const removal = await remove(rig.db, instance.id, { purge: true });
    held.letGo();
    await rig.startWorker(`worker-${rig.workers.length + 1}`);
    // A question for work that the frozen worker still has at the server lasts a minute, and what it is given is lost.
    await ended(rig.db, removal, 'Succeeded', 120_000);
    await frozen.kill('SIGCONT');

    expect(await resultOf(operation.id)).toBe('Superseded');
    // It has come to itself, and to its end.
    await frozen.stop();
    expect(allWritesOf(operation.id)).toHaveLength(written);
    expect(cluster.instances.has(instance.id)).toBe(false);
  });
});
