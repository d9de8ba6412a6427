import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../server/access/roles.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { promoteRollout } from '../../server/rollouts/commands/promote-rollout.ts';
import { resumeRollout } from '../../server/rollouts/commands/resume-rollout.ts';
import type { AnalysisPlan } from '../../server/rollouts/rollout.types.ts';
import type { WorkloadSpec } from '../../activities/runtimes/runtime.ts';
import { buildUser } from '../factories/people.ts';
import { configurationOf, instanceOf, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { decisionsOf, fleet, phasesOf, reached, rolloutOf, rollOut, targetsOf, wavesOf } from './rollout-orders.ts';

const hot = configurationOf({ logging: { level: 'warn' } });
const restarting = configurationOf({ environment: { MODE: 'other' } });
const noMoreThanOneInFive: AnalysisPlan = {
  rules: [{ metric: 'error-rate', max: 0.2, minimumSample: 10 }],
  onFailure: 'rollback',
  onInconclusive: 'pause',
};

describe('a rollout whose waves are judged', { timeout: 150_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());
  afterEach(() => {
    rig.scripted.cluster.fateOf = () => ({ does: 'run' });
  });

  const promote = (id: string, force = false) =>
    rig.db.transaction(platformScope(), (tx) => promoteRollout(tx, { id, force, reason: 'seen', by }));
  const writesSince = (count: number) => rig.scripted.cluster.writes.slice(count);
  const revisions = (ids: string[]) => Promise.all(ids.map(async (id) => (await instanceOf(rig.db, id)).revision));
  /** Calls of the model that an agent reports to have made since the rollout began. */
  const used = async (ids: string[], succeeded: number, failed: number) => {
    for (const id of ids) {
      await rig.db.transaction(platformScope(), (tx) =>
        tx.query(
          `insert into usage_samples (tenant_id, instance_id, at, seconds, calls_succeeded, calls_failed)
           values (?, ?, now(), 0, ?, ?)`,
          [rig.tenant.id, id, succeeded, failed],
        ),
      );
    }
  };
  const brokenAt = (id: string | undefined, revision: number) => (spec: WorkloadSpec, instanceId: string) =>
    instanceId === id && spec.revision === revision
      ? { does: 'exit' as const, code: 78, lines: ['{"level":"error","message":"it cannot run with this"}'] }
      : { does: 'run' as const };

  it('whose canary refuses to run is rolled back on the canary; nobody else is touched', async () => {
    const ids = await fleet(rig, 4);
    const [canary, ...others] = ids;
    rig.scripted.cluster.fateOf = brokenAt(canary, 2);
    const before = rig.scripted.cluster.writes.length;
    const rollout = await rollOut(rig, {
      configuration: restarting,
      waves: [{ instanceIds: [canary ?? ''] }, { instanceIds: others }],
      onBudgetExceeded: 'rollback',
    });
    await reached(rig.db, rollout, 'RolledBack');
    const [first, ...rest] = await targetsOf(rig.db, rollout.id);
    expect(first).toMatchObject({ phase: 'Failed', error: { code: 'agent.misconfigured' } });
    expect(rest.map(({ phase }) => phase)).toEqual(['Skipped', 'Skipped', 'Skipped']);
    expect(await revisions(ids)).toEqual([1, 1, 1, 1]);
    expect(new Set(writesSince(before).map(({ instanceId }) => instanceId))).toEqual(new Set([canary]));
    expect(await instanceOf(rig.db, canary ?? '')).toMatchObject({ phase: 'Running', rollbacks: 1 });
    expect((await rolloutOf(rig.db, rollout.id)).error).toMatchObject({ code: 'agent.misconfigured' });
  });

  it('whose canary runs but errs is judged by its wave’s analysis, and taken back', async () => {
    const ids = await fleet(rig, 3);
    const [canary = '', ...others] = ids;
    const before = rig.scripted.cluster.writes.length;
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: [{ instanceIds: [canary], bakeSeconds: 2, analysis: noMoreThanOneInFive }, { instanceIds: others }],
    });
    await until(
      () => wavesOf(rig.db, rollout.id),
      ([wave]) => wave?.phase === 'Baking',
    );
    await used([canary], 10, 10);
    await used(others, 100, 1);
    await reached(rig.db, rollout, 'RolledBack');
    const [wave] = await wavesOf(rig.db, rollout.id);
    expect(wave).toMatchObject({ phase: 'Failed', analysis: { verdict: 'failed', rules: [{ value: 0.5 }] } });
    expect((await rolloutOf(rig.db, rollout.id)).error).toEqual({
      code: 'rollout.wave-failed',
      detail: 'Wave 1: error-rate 0.5 (limit 0.2).',
    });
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['RolledBack', 'Skipped', 'Skipped']);
    expect(await revisions(ids)).toEqual([1, 1, 1]);
    expect(await instanceOf(rig.db, canary)).toMatchObject({ phase: 'Running', rollbacks: 1 });
    expect(new Set(writesSince(before).map(({ instanceId }) => instanceId))).toEqual(new Set([canary]));
    expect(await decisionsOf(rig.db, rollout.id)).toEqual([
      'checked',
      'wave-started',
      'wave-judged',
      'rolling-back',
      'ended',
    ]);
  });

  it('pauses where nothing could be measured, and is promoted by a person', async () => {
    const ids = await fleet(rig, 2);
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: ids.map((id) => ({ instanceIds: [id], analysis: noMoreThanOneInFive })),
    });
    expect(await reached(rig.db, rollout, 'Paused')).toMatchObject({ pauseReason: 'analysis-inconclusive' });
    await promote(rollout.id);
    await until(
      () => rolloutOf(rig.db, rollout.id),
      ({ phase, currentWave }) => phase === 'Paused' && currentWave === 2,
    );
    await promote(rollout.id);
    await reached(rig.db, rollout, 'Succeeded');
    expect(await revisions(ids)).toEqual([2, 2]);
  });

  it('past a failed analysis goes on only by force', async () => {
    const ids = await fleet(rig, 2);
    const rollout = await rollOut(rig, {
      configuration: hot,
      waves: [
        {
          instanceIds: ids.slice(0, 1),
          bakeSeconds: 1,
          analysis: { ...noMoreThanOneInFive, onFailure: 'pause' },
        },
        { instanceIds: ids.slice(1) },
      ],
    });
    await until(
      () => wavesOf(rig.db, rollout.id),
      ([wave]) => wave?.phase === 'Baking',
    );
    await used(ids.slice(0, 1), 0, 50);
    expect(await reached(rig.db, rollout, 'Paused')).toMatchObject({ pauseReason: 'analysis-failed' });
    await expect(promote(rollout.id)).rejects.toMatchObject({ code: 'rollout.analysis-failed' });
    await promote(rollout.id, true);
    await reached(rig.db, rollout, 'Succeeded');
    expect(await rolloutOf(rig.db, rollout.id)).toMatchObject({ forcedWaves: [1] });
    expect(await decisionsOf(rig.db, rollout.id)).toContain('forced');
  });

  it('tolerates as many failures as its budget, and pauses at the next one', async () => {
    const ids = await fleet(rig, 5);
    const broken = ids.slice(1, 3);
    rig.scripted.cluster.fateOf = (spec, id) =>
      broken.includes(id) && spec.revision === 2 ? { does: 'exit', code: 78, lines: [] } : { does: 'run' };
    const rollout = await rollOut(rig, {
      configuration: restarting,
      failureBudget: 1,
      waves: [{ instanceIds: ids, concurrency: 1 }],
    });
    expect(await reached(rig.db, rollout, 'Paused')).toMatchObject({ pauseReason: 'failure-budget' });
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Updated', 'Failed', 'Failed', 'Pending', 'Pending']);
    await promote(rollout.id, true);
    await reached(rig.db, rollout, 'PartiallyFailed');
    expect(await phasesOf(rig.db, rollout.id)).toEqual(['Updated', 'Failed', 'Failed', 'Updated', 'Updated']);
  });

  const byOperator = async () => {
    const { id, name } = await buildUser(rig.db, { role: Role.Operator, tenantId: rig.tenant.id });
    return { userId: id, name, requestId: null };
  };

  it('is taken back though its requester has lost his rights: by the platform, in its own name', async () => {
    const ids = await fleet(rig, 2);
    const operator = await byOperator();
    const rollout = await rollOut(rig, {
      configuration: hot,
      by: operator,
      waves: [
        { instanceIds: ids.slice(0, 1), bakeSeconds: 2, analysis: noMoreThanOneInFive },
        { instanceIds: ids.slice(1) },
      ],
    });
    await until(
      () => wavesOf(rig.db, rollout.id),
      ([wave]) => wave?.phase === 'Baking',
    );
    await used(ids.slice(0, 1), 0, 50);
    await rig.db.transaction(platformScope(), (tx) =>
      tx.query('delete from role_assignments where user_id = ?', [operator.userId]),
    );
    await reached(rig.db, rollout, 'RolledBack');
    const names = await rig.db.transaction(platformScope(), (tx) =>
      tx.query('select requested_by_name as name from operations where rollout_id = ? order by created_at', [
        rollout.id,
      ]),
    );
    expect(names).toEqual([{ name: operator.name }, { name: 'platform' }]);
  });

  it('asks Prometheus only while its requester may, and pauses else', async () => {
    const ids = await fleet(rig, 1);
    const rollout = await rollOut(rig, {
      configuration: hot,
      by: await byOperator(),
      waves: [
        {
          instanceIds: ids,
          analysis: {
            ...noMoreThanOneInFive,
            rules: [{ metric: 'prometheus', query: 'sum(up)', max: 1, minimumSample: 1 }],
          },
        },
      ],
    });
    const paused = await reached(rig.db, rollout, 'Paused');
    expect(paused).toMatchObject({
      pauseReason: 'rights-lost',
      pauseDetail: expect.stringContaining('prometheus:query'),
    });
    await rig.db.transaction(platformScope(), (tx) => resumeRollout(tx, { id: rollout.id, by }));
    await until(
      () => rolloutOf(rig.db, rollout.id),
      ({ pauseReason }) => pauseReason === 'analysis-inconclusive',
    );
  });
});
