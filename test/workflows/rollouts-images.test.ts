import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { resumeRollout } from '../../server/rollouts/commands/resume-rollout.ts';
import { rollBackRollout } from '../../server/rollouts/commands/roll-back-rollout.ts';
import { configurationOf, ended, instanceOf, until, update } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { fleet, phasesOf, reached, rollOut, targetsOf, wavesOf } from './rollout-orders.ts';
import { enterVersion, rollBack as rollBackInstance } from './version-orders.ts';

const newest = '2026.10.1';

describe('a rollout of another agent version', { timeout: 150_000 }, () => {
  let rig: Rig;
  let newer: string;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
    newer = await enterVersion(rig.db, newest);
  }, 120_000);
  afterAll(() => rig?.stop());
  afterEach(() => {
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
  });

  const stored = (id: string) => rig.scripted.cluster.instances.get(id);
  const versionsOf = (ids: string[]) => ids.map((id) => stored(id)?.workload?.spec.agentVersion);
  const working = async (count: number) => {
    const ids = await fleet(rig, count);
    for (const id of ids) rig.scripted.cluster.doWork(id, 'before');
    return ids;
  };
  const rollBack = (id: string, discardNewState = false) =>
    rig.db.transaction(platformScope(), (tx) => rollBackRollout(tx, { id, discardNewState, by }));
  const half = (ids: string[]) => [
    { instanceIds: ids.slice(0, 1), then: 'pause' as const },
    { instanceIds: ids.slice(1) },
  ];

  it('takes each with its state, after a copy of it, and back again with that copy', async () => {
    const ids = await working(3);
    const rollout = await rollOut(rig, { agentVersionId: newer, waves: half(ids) });
    await reached(rig.db, rollout, 'Paused');
    expect(versionsOf(ids)).toEqual([newest, '2026.9.6', '2026.9.6']);
    await rollBack(rollout.id);
    await reached(rig.db, rollout, 'RolledBack');
    expect(versionsOf(ids)).toEqual(['2026.9.6', '2026.9.6', '2026.9.6']);
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['RolledBack', 'Skipped', 'Skipped']);
    expect(stored(ids[0] ?? '')?.state).toEqual({ version: '2026.9.6', work: ['before'] });
    expect(await instanceOf(rig.db, ids[0] ?? '')).toMatchObject({ phase: 'Running', revision: 1, rollbacks: 1 });
  });

  it('whose canary does not come up is back at once on the canary, and touches nobody else', async () => {
    const ids = await working(2);
    rig.scripted.cluster.fateOf = ({ agentVersion }) =>
      agentVersion === newest ? { does: 'exit', code: 78, lines: [] } : { does: 'run' };
    const rollout = await rollOut(rig, { agentVersionId: newer, waves: half(ids), onBudgetExceeded: 'rollback' });
    await reached(rig.db, rollout, 'RolledBack');
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Failed', 'Skipped']);
    expect(versionsOf(ids)).toEqual(['2026.9.6', '2026.9.6']);
    expect(stored(ids[0] ?? '')?.state).toEqual({ version: '2026.9.6', work: ['before'] });
    expect(rig.scripted.cluster.begun.get(ids[1] ?? '')).toHaveLength(1);
  });

  it('goes back over new work only when a person says so, who is told of it before', async () => {
    const ids = await working(2);
    const [busy = '', idle = ''] = ids;
    const rollout = await rollOut(rig, {
      agentVersionId: newer,
      waves: [{ instanceIds: ids, then: 'pause', bakeSeconds: 2 }],
    });
    await until(
      () => wavesOf(rig.db, rollout.id),
      ([wave]) => wave?.phase === 'Baking',
    );
    rig.scripted.cluster.doWork(busy, 'after');
    await rollBack(rollout.id);
    const paused = await reached(rig.db, rollout, 'Paused');
    expect(paused).toMatchObject({ pauseReason: 'state-diverged', pauseDetail: expect.stringContaining('1 of') });
    const [first] = await targetsOf(rig.db, rollout.id);
    expect(first).toMatchObject({ phase: 'RollbackFailed', error: { code: 'backup.state-diverged' } });
    expect(versionsOf(ids)).toEqual([newest, '2026.9.6']);
    expect(stored(idle)?.state).toEqual({ version: '2026.9.6', work: ['before'] });

    await rollBack(rollout.id, true);
    await reached(rig.db, rollout, 'RolledBack');
    expect(versionsOf(ids)).toEqual(['2026.9.6', '2026.9.6']);
    expect(stored(busy)?.state).toEqual({ version: '2026.9.6', work: ['before'] });
  });

  it('back to an older one asks a person before newer work is lost, and does as he says', async () => {
    const ids = await working(3);
    const [busy = '', idle = '', other = ''] = ids;
    await reached(rig.db, await rollOut(rig, { agentVersionId: newer, waves: [{ instanceIds: ids }] }), 'Succeeded');
    const resume = (id: string, discardNewState: boolean) =>
      rig.db.transaction(platformScope(), (tx) => resumeRollout(tx, { id, discardNewState, by }));
    for (const id of [busy, other]) rig.scripted.cluster.doWork(id, 'after');

    const back = await rollOut(rig, { revision: 1, waves: [{ instanceIds: [busy, idle] }, { instanceIds: [other] }] });
    expect(await reached(rig.db, back, 'Paused')).toMatchObject({
      pauseReason: 'state-diverged',
      pauseDetail: '1 of its instances have worked since the upgrade.',
    });
    expect(await phasesOf(rig.db, back.id)).toEqual(['Waiting', 'Updated', 'Pending']);
    expect((await targetsOf(rig.db, back.id))[0]?.error).toMatchObject({ code: 'backup.state-diverged' });
    expect(versionsOf(ids)).toEqual([newest, '2026.9.6', newest]);

    await resume(back.id, false);
    expect(await reached(rig.db, back, 'Paused')).toMatchObject({ pauseReason: 'state-diverged', currentWave: 2 });
    await resume(back.id, true);
    await reached(rig.db, back, 'PartiallyFailed');
    const targets = await targetsOf(rig.db, back.id);
    expect(targets.map(({ phase }) => phase)).toEqual(['Skipped', 'Updated', 'Updated']);
    expect(targets[0]?.error).toMatchObject({ code: 'backup.state-diverged' });
    expect(versionsOf(ids)).toEqual([newest, '2026.9.6', '2026.9.6']);
    expect(stored(busy)?.state?.work).toEqual(['before', 'after']);
    expect(stored(other)?.state).toEqual({ version: '2026.9.6', work: ['before'] });
  });

  it('back to an older one that pauses for newer work is itself taken back', async () => {
    const ids = await working(2);
    await reached(rig.db, await rollOut(rig, { agentVersionId: newer, waves: [{ instanceIds: ids }] }), 'Succeeded');
    rig.scripted.cluster.doWork(ids[0] ?? '', 'after');
    const back = await rollOut(rig, { revision: 1, waves: [{ instanceIds: ids }] });
    await reached(rig.db, back, 'Paused');
    await rollBack(back.id, true);
    await reached(rig.db, back, 'RolledBack');
    expect(versionsOf(ids)).toEqual([newest, newest]);
    expect(stored(ids[0] ?? '')?.state?.work).toEqual(['before', 'after']);
  });

  it('leaves an instance alone that was rolled back three times: by a rollout, by itself and by a person', async () => {
    const [id = ''] = await working(1);
    const byRollout = await rollOut(rig, { agentVersionId: newer, waves: [{ instanceIds: [id], bakeSeconds: 60 }] });
    await until(
      () => wavesOf(rig.db, byRollout.id),
      ([wave]) => wave?.phase === 'Baking',
    );
    await rollBack(byRollout.id);
    await reached(rig.db, byRollout, 'RolledBack');
    expect(await instanceOf(rig.db, id)).toMatchObject({ revision: 1, rollbacks: 1 });

    rig.scripted.cluster.fateOf = ({ revision }) =>
      revision > 1 ? { does: 'exit', code: 78, lines: [] } : { does: 'run' };
    const broken = configurationOf({ environment: { MODE: 'broken' } });
    const byItself = await rollOut(rig, {
      configuration: broken,
      waves: [{ instanceIds: [id] }],
      onBudgetExceeded: 'rollback',
    });
    await reached(rig.db, byItself, 'RolledBack');
    expect(await instanceOf(rig.db, id)).toMatchObject({ revision: 1, rollbacks: 2 });

    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
    const fine = configurationOf({ environment: { MODE: 'fine' } });
    const byHand = await rollOut(rig, { configuration: fine, waves: [{ instanceIds: [id] }] });
    await reached(rig.db, byHand, 'Succeeded');
    await ended(rig.db, await rollBackInstance(rig.db, id));
    expect(await instanceOf(rig.db, id)).toMatchObject({ revision: 1, rollbacks: 3 });

    const rollout = await rollOut(rig, { agentVersionId: newer, waves: [{ instanceIds: [id] }] });
    await reached(rig.db, rollout, 'Failed');
    const [target] = await targetsOf(rig.db, rollout.id);
    expect(target).toMatchObject({ phase: 'Skipped', error: { code: 'instance.rolled-back-often' } });
    expect(versionsOf([id])).toEqual(['2026.9.6']);

    await ended(rig.db, await update(rig.db, id, fine));
    expect(await instanceOf(rig.db, id)).toMatchObject({ rollbacks: 0 });
  });
});
