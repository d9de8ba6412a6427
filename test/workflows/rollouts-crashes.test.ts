import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { promoteRollout } from '../../server/rollouts/commands/promote-rollout.ts';
import { rolloutWorkflowIdOf } from '../../workflows/contracts/rollouts.ts';
import type { Child } from './child.ts';
import { configurationOf, instanceOf, until } from './orders.ts';
import { startOwnServers, type OwnServers } from './own-servers.ts';
import { startRig, type Rig } from './rig.ts';
import { fleet, phasesOf, reached, rolloutOf, rollOut, targetsOf, wavesOf } from './rollout-orders.ts';

const restarting = configurationOf({ environment: { MODE: 'other' } });

describe('a rollout outlives', { timeout: 180_000 }, () => {
  let servers: OwnServers;
  let rig: Rig;
  let worker: Child;
  let observer: Child;
  beforeAll(async () => {
    servers = await startOwnServers();
    rig = await startRig(servers);
    [worker, observer] = await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(async () => {
    await rig?.stop();
    await servers?.stop();
  });
  afterEach(() => {
    rig.scripted.cluster.down = false;
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
  });

  const updated = (rolloutId: string, atLeast: number) =>
    until(
      () => phasesOf(rig.db, rolloutId),
      (phases) => phases.filter((phase) => phase === 'Updated').length >= atLeast,
    );
  const clusterPhase = async () => {
    const [row] = await rig.db.transaction(platformScope(), (tx) =>
      tx.query<{ phase: string }>('select phase from clusters where id = ?', [rig.clusterId]),
    );
    return row?.phase;
  };
  /** How many processes each instance has had; one change of its template is one more. */
  const begun = (ids: string[]) => ids.map((id) => rig.scripted.cluster.begun.get(id)?.length);
  const operationsPerTarget = async (rolloutId: string) => {
    const rows = await rig.db.transaction(platformScope(), (tx) =>
      tx.query<{ count: number }>(
        'select count(*)::int as count from operations where rollout_id = ? group by instance_id',
        [rolloutId],
      ),
    );
    return rows.map(({ count }) => count);
  };

  it('its worker, killed in the middle of a wave: nothing is lost and nothing doubled', async () => {
    const ids = await fleet(rig, 12);
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: [
        { instanceIds: ids.slice(0, 2) },
        { instanceIds: ids.slice(2, 8), concurrency: 3 },
        { instanceIds: ids.slice(8), concurrency: 2 },
      ],
    });
    for (const count of [1, 4, 9]) {
      await updated(rollout.id, count);
      await worker.kill('SIGKILL');
      await worker.start();
    }
    await reached(rig.db, rollout, 'Succeeded');
    expect(begun(ids)).toEqual(Array(12).fill(2));
    expect(await operationsPerTarget(rollout.id)).toEqual(Array(12).fill(1));
    const [first, second, third] = await wavesOf(rig.db, rollout.id);
    expect(second?.startedAt?.getTime()).toBeGreaterThanOrEqual(first?.endedAt?.getTime() ?? Infinity);
    expect(third?.startedAt?.getTime()).toBeGreaterThanOrEqual(second?.endedAt?.getTime() ?? Infinity);
  });

  it('its run, terminated in Temporal', async () => {
    const ids = await fleet(rig, 4);
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: ids.map((id) => ({ instanceIds: [id], bakeSeconds: 1 })),
    });
    await updated(rollout.id, 1);
    await rig.temporal.client.workflow.getHandle(rolloutWorkflowIdOf(rollout.id)).terminate('by hand');
    await reached(rig.db, rollout, 'Succeeded');
    expect(begun(ids)).toEqual([2, 2, 2, 2]);
    expect(await operationsPerTarget(rollout.id)).toEqual([1, 1, 1, 1]);
  });

  it('a cancel of its run, which asks nobody to stop', async () => {
    const ids = await fleet(rig, 2);
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: ids.map((id) => ({ instanceIds: [id], bakeSeconds: 1 })),
    });
    await updated(rollout.id, 1);
    await rig.temporal.client.workflow.getHandle(rolloutWorkflowIdOf(rollout.id)).cancel();
    await reached(rig.db, rollout, 'Succeeded');
    expect(begun(ids)).toEqual([2, 2]);
  });

  it('the death of whoever booked it, before its run was started', async () => {
    const ids = await fleet(rig, 2);
    const rollout = await rollOut(rig, { kind: 'stop', waves: [{ instanceIds: ids }], db: rig.forgetful });
    await reached(rig.db, rollout, 'Succeeded');
    expect((await instanceOf(rig.db, ids[0] ?? '')).phase).toBe('Stopped');
  });

  it('the observer and Temporal, killed one after the other', async () => {
    const ids = await fleet(rig, 6);
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: [{ instanceIds: ids, concurrency: 1 }],
    });
    await updated(rollout.id, 1);
    await observer.kill('SIGKILL');
    await servers.temporal.kill('SIGKILL');
    await servers.temporal.restart();
    await observer.start();
    await reached(rig.db, rollout, 'Succeeded');
    expect(begun(ids)).toEqual(Array(6).fill(2));
  });

  it('PostgreSQL, killed in the middle of it', async () => {
    const ids = await fleet(rig, 6);
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: [{ instanceIds: ids, concurrency: 2 }],
    });
    await updated(rollout.id, 1);
    await servers.postgres.kill('SIGKILL');
    await servers.postgres.restart();
    await reached(rig.db, rollout, 'Succeeded');
    expect(begun(ids)).toEqual(Array(6).fill(2));
  });

  it('its cluster’s absence: targets wait and say why, none is begun meanwhile, and it goes on', async () => {
    const ids = await fleet(rig, 4);
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: ids.map((id) => ({ instanceIds: [id], then: 'pause' as const })),
    });
    await reached(rig.db, rollout, 'Paused');
    rig.scripted.cluster.down = true;
    await until(clusterPhase, (phase) => phase === 'Unreachable');
    await rig.db.transaction(platformScope(), (tx) => promoteRollout(tx, { id: rollout.id, force: false, by }));
    const waiting = await until(
      () => targetsOf(rig.db, rollout.id),
      (targets) => targets.some(({ phase }) => phase === 'Waiting'),
    );
    expect(waiting.find(({ phase }) => phase === 'Waiting')?.error).toMatchObject({ code: 'cluster.unavailable' });
    rig.scripted.cluster.down = false;
    await until(
      () => rolloutOf(rig.db, rollout.id),
      ({ phase, currentWave }) => phase === 'Paused' && currentWave === 2,
    );
    expect(begun(ids)).toEqual([2, 2, 1, 1]);
  });

  it('an agent that never comes back: its target fails with the reason, the others are not touched', async () => {
    const ids = await fleet(rig, 3);
    const [silent = '', ...others] = ids;
    rig.scripted.cluster.fateOf = (spec, id) =>
      id === silent && spec.revision === 2 ? { does: 'wait', reason: 'ErrImageNeverPull' } : { does: 'run' };
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: [{ instanceIds: [silent] }, { instanceIds: others }],
      onBudgetExceeded: 'rollback',
    });
    await reached(rig.db, rollout, 'RolledBack');
    const [target] = await targetsOf(rig.db, rollout.id);
    expect(target).toMatchObject({ phase: 'Failed', error: { code: 'agent.image-unavailable' } });
    expect(await instanceOf(rig.db, silent)).toMatchObject({ phase: 'Running', revision: 1 });
    expect(begun(others)).toEqual([1, 1]);
  });
});
