import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../server/access/roles.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { abortRollout } from '../../server/rollouts/commands/abort-rollout.ts';
import { pauseRollout } from '../../server/rollouts/commands/pause-rollout.ts';
import { resumeRollout } from '../../server/rollouts/commands/resume-rollout.ts';
import { rolloutWorkflowIdOf } from '../../workflows/contracts/rollouts.ts';
import { buildUser } from '../factories/people.ts';
import { configurationOf, instanceOf, remove, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { decisionsOf, fleet, phasesOf, reached, rollOut, targetsOf, wavesOf } from './rollout-orders.ts';

const hot = configurationOf({ logging: { level: 'warn' } });
const restarting = configurationOf({ environment: { MODE: 'other' } });
describe('a rollout', { timeout: 150_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());
  afterEach(() => {
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
    rig.scripted.cluster.judge = () => ({ exitCode: 0, output: '{"valid":true,"issues":[]}' });
  });

  const control = (command: typeof pauseRollout | typeof abortRollout | typeof resumeRollout, id: string) =>
    rig.db.transaction(platformScope(), (tx) => command(tx, { id, by }));
  /** Instances in the order in which the cluster was told of their change. */
  const writesSince = (count: number) => rig.scripted.cluster.writes.slice(count);
  const revisions = (ids: string[]) => Promise.all(ids.map(async (id) => (await instanceOf(rig.db, id)).revision));
  it('of thirty instances goes through its waves in order, each finished before the next begins', async () => {
    const ids = await fleet(rig, 30);
    const before = rig.scripted.cluster.writes.length;
    const waves = [ids.slice(0, 2), ids.slice(2, 10), ids.slice(10)];
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: waves.map((instanceIds) => ({ instanceIds, concurrency: 10 })),
    });
    await reached(rig.db, rollout, 'Succeeded');

    const order = writesSince(before).map(({ instanceId }) => waves.findIndex((wave) => wave.includes(instanceId)));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(new Set(writesSince(before).map(({ instanceId }) => instanceId)).size).toBe(30);
    expect(writesSince(before)).toHaveLength(30);
    expect(await phasesOf(rig.db, rollout.id)).toEqual(Array(30).fill('Updated'));
    expect((await wavesOf(rig.db, rollout.id)).map(({ phase }) => phase)).toEqual(['Passed', 'Passed', 'Passed']);
    expect(await revisions(ids)).toEqual(Array(30).fill(2));
    expect(await decisionsOf(rig.db, rollout.id)).toEqual([
      'checked',
      ...waves.flatMap(() => ['wave-started', 'wave-passed']),
      'ended',
    ]);

    // The same configuration thirty times is one question to the agent's own program.
    expect(rig.scripted.cluster.jobs.filter(({ files }) => JSON.stringify(files).includes('warn'))).toHaveLength(1);
    const handle = rig.temporal.client.workflow.getHandle(rolloutWorkflowIdOf(rollout.id));
    await handle.result();
    const { events = [] } = await handle.fetchHistory();
    expect(events?.length).toBeLessThan(40);
  });

  it('paused starts nothing, resumed goes on, and aborted starts nothing more', async () => {
    const ids = await fleet(rig, 6);
    const before = rig.scripted.cluster.writes.length;
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: ids.map((id) => ({ instanceIds: [id], bakeSeconds: 1 })),
    });
    await until(
      () => phasesOf(rig.db, rollout.id),
      (phases) => phases[0] === 'Updated',
    );
    await control(pauseRollout, rollout.id);
    const settled = await until(
      () => phasesOf(rig.db, rollout.id),
      (phases) => !phases.includes('Updating'),
    );
    const paused = rig.scripted.cluster.writes.length;
    // Far longer than a wave takes.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(rig.scripted.cluster.writes).toHaveLength(paused);
    expect(await phasesOf(rig.db, rollout.id)).toEqual(settled);

    await control(resumeRollout, rollout.id);
    const more = settled.filter((phase) => phase === 'Updated').length + 1;
    await until(
      () => phasesOf(rig.db, rollout.id),
      (phases) => phases.filter((phase) => phase === 'Updated').length >= more,
    );
    await control(abortRollout, rollout.id);
    await reached(rig.db, rollout, 'Aborted');
    const phases = await phasesOf(rig.db, rollout.id);
    expect(phases.at(-1)).toBe('Skipped');
    expect(new Set(phases)).toEqual(new Set(['Updated', 'Skipped']));
    const touched = ids.filter((_id, index) => phases[index] === 'Updated');
    expect(new Set(writesSince(before).map(({ instanceId }) => instanceId))).toEqual(new Set(touched));
  });

  it('that the agent’s own program refuses ends before anything is touched, with pointers', async () => {
    const ids = await fleet(rig, 3);
    const before = rig.scripted.cluster.writes.length;
    const issue = { path: 'agents.defaults.heartbeat', message: 'Invalid input' };
    rig.scripted.cluster.judge = () => ({ exitCode: 1, output: JSON.stringify({ valid: false, issues: [issue] }) });
    const rollout = await rollOut(rig, {
      configuration: configurationOf({ agent: { heartbeatMinutes: 7 } }),
      waves: [{ instanceIds: ids }],
    });
    const failed = await reached(rig.db, rollout, 'Failed');
    expect(failed.error).toMatchObject({
      code: 'rollout.check-failed',
      faults: [{ pointer: '/configuration/agent/heartbeatMinutes' }],
    });
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Skipped', 'Skipped', 'Skipped']);
    expect(rig.scripted.cluster.writes).toHaveLength(before);
  });

  it('asks of many different configurations in few short processes', async () => {
    const ids = await fleet(rig, 6);
    const before = rig.scripted.cluster.jobs.length;
    const rollout = await rollOut(rig, {
      configuration: (place) => configurationOf({ agent: { timeoutSeconds: 100 + (place % 3) } }),
      waves: [{ instanceIds: ids }],
    });
    await reached(rig.db, rollout, 'Succeeded');
    const asked = rig.scripted.cluster.jobs.slice(before).map(({ files }) => Object.keys(files.files).length);
    expect(asked).toEqual([3]);
  });

  it('that is aborted while it is checked ends at once, with nothing touched', async () => {
    const ids = await fleet(rig, 2);
    const held = rig.scripted.hold((call) => call.verb === 'runOnce', 'before');
    const before = rig.scripted.cluster.writes.length;
    const rollout = await rollOut(rig, {
      configuration: configurationOf({ agent: { timeoutSeconds: 77 } }),
      waves: [{ instanceIds: ids }],
    });
    await held.reached;
    await control(abortRollout, rollout.id);
    await reached(rig.db, rollout, 'Aborted');
    held.letGo();
    expect(rig.scripted.cluster.writes).toHaveLength(before);
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Skipped', 'Skipped']);
  });

  it('paused while it is checked goes on with the check when it is resumed', async () => {
    const ids = await fleet(rig, 1);
    const held = rig.scripted.hold((call) => call.verb === 'runOnce', 'before');
    const rollout = await rollOut(rig, {
      configuration: configurationOf({ agent: { timeoutSeconds: 78 } }),
      waves: [{ instanceIds: ids }],
    });
    await held.reached;
    await control(pauseRollout, rollout.id);
    held.letGo();
    await reached(rig.db, rollout, 'Paused');
    await control(resumeRollout, rollout.id);
    await reached(rig.db, rollout, 'Succeeded');
    expect(await revisions(ids)).toEqual([2]);
  });

  it('waits for the older one that has its instance', async () => {
    const ids = await fleet(rig, 2);
    const held = rig.scripted.hold((call) => call.verb === 'write' && call.place.instanceId === ids[0], 'before');
    const older = await rollOut(rig, { kind: 'restart', waves: [{ instanceIds: ids }] });
    await held.reached;
    const younger = await rollOut(rig, { kind: 'stop', waves: [{ instanceIds: ids }] });
    const waiting = await until(
      () => targetsOf(rig.db, younger.id),
      (targets) => targets.every(({ phase }) => phase === 'Waiting'),
    );
    expect(waiting[0]?.error).toMatchObject({ code: 'rollout.conflict', detail: expect.stringContaining(older.name) });
    held.letGo();
    await reached(rig.db, older, 'Succeeded');
    await reached(rig.db, younger, 'Succeeded');
    expect((await instanceOf(rig.db, ids[0] ?? '')).phase).toBe('Stopped');
  });

  it('leaves a target alone that is deleted in the middle of it', async () => {
    const ids = await fleet(rig, 3);
    const held = rig.scripted.hold((call) => call.verb === 'write' && call.place.instanceId === ids[0], 'before');
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: [{ instanceIds: ids.slice(0, 1) }, { instanceIds: ids.slice(1) }],
    });
    await held.reached;
    // In this order: the second wave begins as soon as nothing of the first is under way.
    await remove(rig.db, ids[2] ?? '', { purge: true });
    await remove(rig.db, ids[0] ?? '', { purge: true });
    held.letGo();
    await reached(rig.db, rollout, 'PartiallyFailed');
    const targets = await targetsOf(rig.db, rollout.id);
    expect(targets.map(({ phase }) => phase)).toEqual(['Skipped', 'Updated', 'Skipped']);
    expect(targets[0]?.error).toMatchObject({ code: 'instance.deleted' });
    expect(targets[2]?.error).toMatchObject({ code: 'instance.deleted' });
  });

  it('leaves an instance alone that was changed by hand since', async () => {
    const ids = await fleet(rig, 2);
    const held = rig.scripted.hold((call) => call.verb === 'write' && call.place.instanceId === ids[0], 'before');
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: ids.map((id) => ({ instanceIds: [id] })),
    });
    await held.reached;
    await rig.db.transaction(platformScope(), (tx) =>
      tx.query('update instances set revision = 2 where id = ?', [ids[1]]),
    );
    held.letGo();
    await reached(rig.db, rollout, 'PartiallyFailed');
    const [, second] = await targetsOf(rig.db, rollout.id);
    expect(second).toMatchObject({ phase: 'Skipped', error: { code: 'rollout.superseded-revision' } });
  });

  it('pauses when who asked for it loses his rights, before the next effect', async () => {
    const ids = await fleet(rig, 2);
    const operator = await buildUser(rig.db, { role: Role.Operator, tenantId: rig.tenant.id });
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: ids.map((id) => ({ instanceIds: [id], bakeSeconds: 3 })),
      by: { userId: operator.id, name: operator.name, requestId: null },
    });
    await until(
      () => wavesOf(rig.db, rollout.id),
      ([wave]) => wave?.phase === 'Baking',
    );
    await rig.db.transaction(platformScope(), (tx) =>
      tx.query('delete from role_assignments where user_id = ?', [operator.id]),
    );
    const paused = await reached(rig.db, rollout, 'Paused');
    expect(paused).toMatchObject({ pauseReason: 'rights-lost', pauseDetail: expect.stringContaining(operator.name) });
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Updated', 'Pending']);
    // Whoever may resumes it in his own name.
    await control(resumeRollout, rollout.id);
    await reached(rig.db, rollout, 'Succeeded');
  });

  it('ends a target whose tenant has no quota left for it, and goes on', async () => {
    const ids = await fleet(rig, 2);
    await rig.db.transaction(platformScope(), (tx) => tx.query('update quotas set cpu_millis = 0'));
    const rollout = await rollOut(rig, { kind: 'stop', waves: [{ instanceIds: ids }] });
    await reached(rig.db, rollout, 'Succeeded');
    const starting = await rollOut(rig, { kind: 'start', failureBudget: 2, waves: [{ instanceIds: ids }] });
    await reached(rig.db, starting, 'Failed');
    const [first] = await targetsOf(rig.db, starting.id);
    expect(first).toMatchObject({ phase: 'Failed', error: { code: 'quota.exceeded' } });
  });

  it('past its deadline starts nothing more', async () => {
    const ids = await fleet(rig, 2);
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: ids.map((id) => ({ instanceIds: [id], bakeSeconds: 60 })),
      deadlineAt: new Date(Date.now() + 4_000),
    });
    expect(await reached(rig.db, rollout, 'Paused')).toMatchObject({ pauseReason: 'deadline' });
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Updated', 'Pending']);
    await control(abortRollout, rollout.id);
    await reached(rig.db, rollout, 'Aborted');
  });

  it('outside its maintenance windows waits, and says so', async () => {
    const [id = ''] = await fleet(rig, 1);
    const tomorrow = (new Date().getUTCDay() + 2) % 7;
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: [{ instanceIds: [id] }],
      windows: [{ days: [tomorrow], start: '12:00', durationMinutes: 30, timeZone: 'UTC' }],
    });
    expect(await reached(rig.db, rollout, 'Paused')).toMatchObject({ pauseReason: 'outside-window' });
    const open = { days: [0, 1, 2, 3, 4, 5, 6], start: '00:00', durationMinutes: 1_440, timeZone: 'UTC' };
    await rig.db.transaction(platformScope(), async (tx) => {
      await tx.query(`update rollouts set strategy = jsonb_set(strategy, '{windows}', ?::jsonb) where id = ?`, [
        JSON.stringify([open]),
        rollout.id,
      ]);
      tx.wakeRollout(rollout.id);
    });
    await reached(rig.db, rollout, 'Succeeded');
    expect(await decisionsOf(rig.db, rollout.id)).toContain('resumed');
  });
});
