import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope, tenantScope } from '../../server/persistence/database.ts';
import { abortRollout } from '../../server/rollouts/commands/abort-rollout.ts';
import { pauseRollout } from '../../server/rollouts/commands/pause-rollout.ts';
import { resumeRollout } from '../../server/rollouts/commands/resume-rollout.ts';
import { listTargets } from '../../server/rollouts/list-targets.ts';
import { configurationOf, instanceOf, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { decisionsOf, fleet, phasesOf, reached, rolloutOf, rollOut, targetsOf } from './rollout-orders.ts';
import { startSecondCluster, type SecondCluster } from './second-cluster.ts';

/** A configuration that no program was asked about yet. */
let asked = 100;
const unknown = () => configurationOf({ agent: { timeoutSeconds: (asked += 1) } });

describe('a rollout whose cluster goes away', { timeout: 150_000 }, () => {
  let rig: Rig;
  let other: SecondCluster;
  beforeAll(async () => {
    rig = await startRig();
    other = await startSecondCluster(rig);
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(async () => {
    await rig?.stop();
    await other?.scripted.stop();
  });
  afterEach(async () => {
    rig.scripted.cluster.down = false;
    await until(clusterPhase, (phase) => phase === 'Ready');
  });

  const control = (command: typeof abortRollout | typeof pauseRollout | typeof resumeRollout, id: string) =>
    rig.db.transaction(platformScope(), (tx) => command(tx, { id, by }));
  const clusterPhase = async () => {
    const [row] = await rig.db.transaction(platformScope(), (tx) =>
      tx.query<{ phase: string }>('select phase from clusters where id = ?', [rig.clusterId]),
    );
    return row?.phase;
  };
  const goAway = async () => {
    rig.scripted.cluster.down = true;
    await until(clusterPhase, (phase) => phase === 'Unreachable');
  };
  const waiting = (id: string) =>
    until(
      () => rolloutOf(rig.db, id),
      ({ error }) => error?.code === 'cluster.unavailable',
    );

  it('while it is checked says for what it waits, and goes on when the cluster is back', async () => {
    const ids = await fleet(rig, 2);
    await goAway();
    const rollout = await rollOut(rig, { configuration: unknown(), waves: [{ instanceIds: ids }] });
    const { phase, error } = await waiting(rollout.id);
    expect(phase).toBe('Pending');
    expect(error?.detail).toMatch(/^1 of 1 configurations cannot be checked: no answer from cluster/);
    expect(await decisionsOf(rig.db, rollout.id)).toEqual(['check-waits']);
    rig.scripted.cluster.down = false;
    expect((await reached(rig.db, rollout, 'Succeeded')).error).toBeNull();
    expect(await decisionsOf(rig.db, rollout.id)).toEqual([
      'check-waits',
      'checked',
      'wave-started',
      'wave-passed',
      'ended',
    ]);
  });

  it('while it is checked takes a pause, a resume and an abort', async () => {
    const ids = await fleet(rig, 1);
    await goAway();
    const rollout = await rollOut(rig, { configuration: unknown(), waves: [{ instanceIds: ids }] });
    await waiting(rollout.id);
    await control(pauseRollout, rollout.id);
    await control(resumeRollout, rollout.id);
    expect((await rolloutOf(rig.db, rollout.id)).phase).toBe('Pending');
    await control(abortRollout, rollout.id);
    await reached(rig.db, rollout, 'Aborted', 20_000);
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Skipped']);
  });

  it('while it is checked keeps to its deadline, and says for what it has waited', async () => {
    const ids = await fleet(rig, 1);
    await goAway();
    const rollout = await rollOut(rig, {
      configuration: unknown(),
      waves: [{ instanceIds: ids }],
      deadlineAt: new Date(Date.now() + 4_000),
    });
    expect(await reached(rig.db, rollout, 'Paused', 20_000)).toMatchObject({
      pauseReason: 'deadline',
      pauseDetail: expect.stringContaining('cannot be checked'),
    });
    rig.scripted.cluster.down = false;
    await control(resumeRollout, rollout.id);
    await reached(rig.db, rollout, 'Succeeded');
  });

  it('asks another cluster of its targets, whose own are not held up', async () => {
    const [silent = ''] = await fleet(rig, 1);
    const [answering = ''] = await fleet({ ...rig, clusterId: other.id }, 1);
    await goAway();
    const rollout = await rollOut(rig, {
      configuration: unknown(),
      waves: [{ instanceIds: [silent, answering] }],
    });
    await until(
      () => phasesOf(rig.db, rollout.id),
      ([first, second]) => first === 'Waiting' && second === 'Updated',
    );
    const [target] = await targetsOf(rig.db, rollout.id);
    expect(target?.error).toMatchObject({ code: 'cluster.unavailable' });
    rig.scripted.cluster.down = false;
    await reached(rig.db, rollout, 'Succeeded');
  });

  it('while a target is updated says so at the target, loses nothing, and ends when the cluster is back', async () => {
    const [id = ''] = await fleet(rig, 1);
    const held = rig.scripted.hold((call) => call.verb === 'write' && call.place.instanceId === id, 'before');
    const rollout = await rollOut(rig, { configuration: unknown(), waves: [{ instanceIds: [id] }] });
    await held.reached;
    await goAway();
    held.letGo();
    const listed = () =>
      rig.db.transaction(tenantScope(rig.tenant.id), (tx) => listTargets(tx, rollout, { limit: 10, sort: 'position' }));
    const { items } = await until(listed, ({ items: [first] }) => first?.error?.code === 'cluster.unavailable');
    expect(items[0]?.phase).toBe('Updating');
    rig.scripted.cluster.down = false;
    await reached(rig.db, rollout, 'Succeeded');
    expect((await listed()).items[0]?.error).toBeNull();
    const back = await until(
      () => instanceOf(rig.db, id),
      ({ phase }) => phase === 'Running',
    );
    expect(back).toMatchObject({ revision: 2, liveRevision: 2 });
  });
});
