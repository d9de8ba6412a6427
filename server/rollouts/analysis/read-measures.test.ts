import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/factories/test-database.ts';
import { buildCluster } from '../../../test/factories/instances.ts';
import { uniqueName } from '../../../test/factories/people.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../../test/factories/tenants.ts';
import { Database, platformScope, tenantScope } from '../../persistence/database.ts';
import type { AnalysisMetric, AnalysisPlan } from '../rollout.types.ts';
import { Rollout } from '../rollout.entity.ts';
import { evaluateAnalysis } from './evaluate-analysis.ts';
import { noteRestarts } from './note-restarts.ts';
import { readMeasures } from './read-measures.ts';
import { samplesReachTo } from './samples-reach-to.ts';

let database: TestDatabase;
let db: Database;
let statements: string[] = [];
let clusterId: string;
let versionId: string;
let tenant: TestTenant;
let project: TestProject;
let rolloutId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({
    url: database.appUrl,
    applicationName: 'occ-test-analysis',
    onQuery: (sql) => statements.push(sql),
  });
  clusterId = (await buildCluster(db)).id;
  versionId = uuidv7();
  await query(`insert into agent_versions (id, kind, version, image) values (?, 'openclaw', '1', 'openclaw:test')`, [
    versionId,
  ]);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  tenant = await buildTenant(db);
  project = await buildProject(db, tenant);
  rolloutId = uuidv7();
  await addRollout();
});

const query = <Row>(sql: string, parameters: unknown[] = []) =>
  db.transaction(platformScope(), (tx) => tx.query<Row>(sql, parameters));

/** Seconds before now; the wave began at 600 and its bake ended at 0. */
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);
const now = new Date();
const from = ago(600);

const addRollout = (metrics: AnalysisMetric[] = ['error-rate']) => {
  const analysis: AnalysisPlan = {
    rules: metrics.map((metric) => ({ metric, max: 0.1, minimumSample: 1 })),
    onFailure: 'pause',
    onInconclusive: 'pause',
  };
  const wave = { size: { rest: true }, concurrency: 1, bakeSeconds: 0, analysis };
  return query(
    `insert into rollouts (tenant_id, id, name, kind, phase, change, selection, strategy, total_targets, tenant_name,
       requested_by_name)
     values (?, ?, 'rollout', 'restart', 'Progressing', '{"kind":"restart"}', '{}', ?, 10, ?, 'somebody')`,
    [tenant.id, rolloutId, JSON.stringify({ waves: [wave, wave, wave] }), tenant.name],
  );
};

interface TargetRow {
  wave?: number;
  phase?: string;
  startedAgo?: number | null;
  code?: string;
  /** Of its operation, from accepting it to its end. */
  seconds?: number;
  restarts?: number;
  processId?: string;
  ready?: boolean;
}

/** Instance, target, operation and what is observed of it, in one go for many. */
async function addTargets(count: number, of: TargetRow = {}): Promise<string[]> {
  const { wave = 1, phase = 'Updated', startedAgo = 500, code, seconds, restarts = 0, processId = 'pod' } = of;
  const ids = Array.from({ length: count }, () => uuidv7());
  const each = JSON.stringify(ids.map((id) => ({ id, operation: uuidv7(), name: uniqueName('agent') })));
  await db.transaction(platformScope(), async (tx) => {
    const rows = `jsonb_to_recordset(?::jsonb) as t(id uuid, operation uuid, name text)`;
    await tx.query(
      `insert into instances (tenant_id, id, project_id, cluster_id, name, agent_kind, power, revision, phase, volume)
       select ?, t.id, ?, ?, t.name, 'openclaw', 'on', 1, 'Running', 'present' from ${rows}`,
      [tenant.id, project.id, clusterId, each],
    );
    await tx.query(
      `insert into observed_states (tenant_id, instance_id, cluster_id, epoch, exists, ready, current, terminating,
         process_present, process_id, restarts, last_seen_at)
       select ?, t.id, ?, 1, true, ?, true, false, true, ?, ?, now() from ${rows}`,
      [tenant.id, clusterId, of.ready ?? true, processId, restarts, each],
    );
    if (seconds !== undefined) {
      await tx.query(
        `insert into operations (tenant_id, id, instance_id, kind, phase, generation, tenant_name, subject_name,
           requested_by_name, created_at, ended_at)
         select ?, t.operation, t.id, 'instance.restart', ?, 1, 'tenant', t.name, 'somebody', ?,
           ?::timestamptz + make_interval(secs => ?) from ${rows}`,
        [tenant.id, phase === 'Failed' ? 'Failed' : 'Succeeded', ago(500), ago(500), seconds, each],
      );
    }
    await tx.query(
      `insert into rollout_targets (tenant_id, rollout_id, instance_id, wave, position, phase, from_revision, to_revision,
         operation_id, error, started_at)
       select ?, ?, t.id, ?, (select count(*) from rollout_targets where rollout_id = ?) + row_number() over (), ?, 1, 1,
         ${seconds === undefined ? 'null' : 't.operation'}, ?::jsonb, ? from ${rows}`,
      [
        tenant.id,
        rolloutId,
        wave,
        rolloutId,
        phase,
        code ? JSON.stringify({ code, detail: 'no' }) : null,
        startedAgo === null ? null : ago(startedAgo),
        each,
      ],
    );
  });
  return ids;
}

const addSample = (instanceId: string, fromAgo: number, toAgo: number, of: Record<string, number>) =>
  query(
    `insert into usage_samples (tenant_id, instance_id, at, seconds, calls_succeeded, calls_failed, tokens_in,
       tokens_out, cost_micros) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      tenant.id,
      instanceId,
      ago(toAgo),
      fromAgo - toAgo,
      of['ok'] ?? 0,
      of['failed'] ?? 0,
      of['in'] ?? 0,
      of['out'] ?? 0,
      of['cost'] ?? 0,
    ],
  );

/** As the engine does: as the rollout's tenant. */
const measure = (wave = 1) =>
  db.transaction(tenantScope(tenant.id), async (tx) =>
    readMeasures(tx, await tx.em.findOneOrFail(Rollout, { id: rolloutId }), wave, from),
  );
const first = (ids: string[]): string => String(ids[0]);

describe('what agents did', () => {
  it('is that of the updated beside that of those not begun, in the same time', async () => {
    const updated = await addTargets(2);
    const waiting = await addTargets(2, { wave: 2, phase: 'Pending', startedAgo: null });
    for (const id of updated) await addSample(id, 400, 340, { ok: 6, failed: 4, in: 900, out: 300, cost: 12_000_000 });
    for (const id of waiting)
      await addSample(id, 400, 340, { ok: 99, failed: 1, in: 9_900, out: 990, cost: 99_000_000 });
    const { metrics, updated: left, untouched: right } = await measure();
    expect(metrics['error-rate']).toEqual({ value: 0.4, sample: 20, baseline: 0.01, baselineSample: 200 });
    expect(metrics['cost-per-call']).toEqual({ value: 2, sample: 12, baseline: 1, baselineSample: 198 });
    expect(metrics['tokens-per-call']).toEqual({ value: 200, sample: 12, baseline: 110, baselineSample: 198 });
    expect([left, right].map((ids) => ids.toSorted())).toEqual([updated.toSorted(), waiting.toSorted()]);
  });

  it('counts neither before the wave, nor before the own update', async () => {
    const id = first(await addTargets(1, { startedAgo: 500 }));
    const other = first(await addTargets(1, { wave: 2, phase: 'Waiting', startedAgo: null }));
    for (const one of [id, other]) {
      await addSample(one, 800, 700, { failed: 1_000 });
      await addSample(one, 560, 450, { failed: 10 });
      await addSample(one, 450, 390, { ok: 10 });
      await addSample(one, 20, -40, { ok: 10 });
    }
    // the sample that began before the update is the baseline's alone
    expect((await measure()).metrics['error-rate']).toEqual({
      value: 0,
      sample: 20,
      baseline: 10 / 30,
      baselineSample: 30,
    });
  });

  it('leaves out what is neither updated nor waiting, and waves that come later', async () => {
    for (const of of [
      { phase: 'Updating' },
      { phase: 'Failed' },
      { phase: 'Skipped' },
      { phase: 'RolledBack' },
      { wave: 2, phase: 'Updated' },
    ]) {
      await addSample(first(await addTargets(1, of)), 400, 340, { failed: 10 });
    }
    const { metrics, updated, untouched } = await measure();
    expect(metrics['error-rate']).toEqual({ value: null, sample: 0, baseline: null, baselineSample: 0 });
    expect([updated, untouched]).toEqual([[], []]);
  });

  it('has no value where no call was made', async () => {
    await addSample(first(await addTargets(1)), 400, 340, { in: 5 });
    expect((await measure()).metrics['cost-per-call']).toMatchObject({ value: null, sample: 0 });
  });
});

describe('how the targets of a wave came up', () => {
  it('is the time from accepting to success, beside that of earlier waves', async () => {
    for (const seconds of [10, 10, 20]) await addTargets(1, { wave: 1, seconds });
    for (const seconds of [30, 40]) await addTargets(1, { wave: 2, seconds });
    await addTargets(1, { wave: 2, phase: 'Failed', seconds: 900, code: 'agent.not-ready' });
    const { metrics } = await measure(2);
    expect(metrics['ready-seconds']).toEqual({ value: 39.5, sample: 2, baseline: 19, baselineSample: 3 });
    expect((await measure(1)).metrics['ready-seconds']).toMatchObject({ sample: 3, baseline: null, baselineSample: 0 });
  });

  it('is the number that failed, and of those the ones that refused', async () => {
    await addTargets(1, { wave: 1, phase: 'Failed', code: 'agent.crashed' });
    await addTargets(3, { wave: 2, seconds: 10 });
    await addTargets(1, { wave: 2, phase: 'Failed', code: 'agent.not-ready' });
    await addTargets(1, { wave: 2, phase: 'Failed', code: 'agent.configuration-refused' });
    await addTargets(1, { wave: 2, phase: 'Failed', code: 'agent.misconfigured' });
    await addTargets(5, { wave: 3, phase: 'Pending', startedAgo: null });
    const { metrics } = await measure(2);
    expect(metrics.failed).toMatchObject({ value: 3, sample: 6 });
    expect(metrics.refused).toMatchObject({ value: 2, sample: 6 });
    expect((await measure(3)).metrics.failed).toMatchObject({ value: null, sample: 0 });
  });
});

describe('restarts', () => {
  const restarted = (ids: string[], restarts: number, processId: string) =>
    query(`update observed_states set restarts = ?, process_id = ? where instance_id = any (array[?]::uuid[])`, [
      restarts,
      processId,
      ids,
    ]);
  const turnInto = (ids: string[], phase: string) =>
    query(`update rollout_targets set phase = ?, started_at = now() where instance_id = any (array[?]::uuid[])`, [
      phase,
      ids,
    ]);

  it('count since the wave began, on both sides', async () => {
    const canary = await addTargets(2, { phase: 'Pending', restarts: 4, startedAgo: null });
    const others = await addTargets(4, { wave: 2, phase: 'Pending', restarts: 7, startedAgo: null });
    await db.transaction(tenantScope(tenant.id), (tx) => noteRestarts(tx, rolloutId));
    await turnInto(canary, 'Updated');
    await restarted([first(canary)], 7, 'pod');
    await restarted([first(others)], 8, 'pod');
    expect((await measure()).metrics.restarts).toEqual({ value: 1.5, sample: 2, baseline: 0.25, baselineSample: 4 });
  });

  it('of another process count from its beginning', async () => {
    const canary = await addTargets(1, { phase: 'Pending', restarts: 2, startedAgo: null });
    await db.transaction(tenantScope(tenant.id), (tx) => noteRestarts(tx, rolloutId));
    await turnInto(canary, 'Updated');
    await restarted(canary, 3, 'another pod');
    expect((await measure()).metrics.restarts).toMatchObject({ value: 3, sample: 1, baseline: null });
  });

  it('are not noted again of targets that have begun', async () => {
    const canary = await addTargets(1, { phase: 'Pending', startedAgo: null });
    await db.transaction(tenantScope(tenant.id), (tx) => noteRestarts(tx, rolloutId));
    await turnInto(canary, 'Updated');
    await restarted(canary, 2, 'pod');
    await db.transaction(tenantScope(tenant.id), (tx) => noteRestarts(tx, rolloutId));
    expect((await measure()).metrics.restarts).toMatchObject({ value: 2 });
  });
});

describe('agents that are not ready', () => {
  it('are a share of those that should run, on both sides', async () => {
    await addTargets(3);
    await addTargets(1, { ready: false });
    await addTargets(1, { wave: 2, phase: 'Waiting', ready: false });
    await addTargets(9, { wave: 2, phase: 'Pending' });
    const off = await addTargets(1, { ready: false });
    await query(`update instances set power = 'off' where id = ?`, off);
    expect((await measure()).metrics['not-ready']).toEqual({
      value: 0.25,
      sample: 4,
      baseline: 0.1,
      baselineSample: 10,
    });
  });

  it('are none where their cluster does not answer: nobody knows', async () => {
    await addTargets(2, { ready: false });
    await query(`update clusters set phase = 'Unreachable' where id = ?`, [clusterId]);
    const { metrics } = await measure();
    await query(`update clusters set phase = 'Ready' where id = ?`, [clusterId]);
    expect(metrics['not-ready']).toMatchObject({ value: null, sample: 0 });
  });
});

describe('usage has come in', () => {
  const tell = (instanceId: string, sinceAgo: number, atAgo: number) =>
    query(
      `insert into usage_counters (tenant_id, instance_id, process_id, since, at) values (?, ?, 'p', ?, ?)
       on conflict (tenant_id, instance_id) do update set since = excluded.since, at = excluded.at`,
      [tenant.id, instanceId, ago(sinceAgo), ago(atAgo)],
    );
  const reaches = (momentAgo: number, patienceSeconds = 10_000) =>
    db.transaction(tenantScope(tenant.id), async (tx) => {
      const rollout = await tx.em.findOneOrFail(Rollout, { id: rolloutId });
      return samplesReachTo(tx, rollout, 1, ago(momentAgo), patienceSeconds);
    });

  it('when every agent of both sides has told until that moment', async () => {
    const [canary, other] = [first(await addTargets(1)), first(await addTargets(1, { wave: 2, phase: 'Pending' }))];
    await tell(canary, 400, 100);
    await tell(other, 160, 100);
    expect(await reaches(90)).toBe(false);
    await tell(canary, 100, 80);
    expect(await reaches(90)).toBe(false);
    await tell(other, 100, 80);
    expect(await reaches(90)).toBe(true);
  });

  it('only with one interval of the updated that began after their update', async () => {
    const canary = first(await addTargets(1, { startedAgo: 500 }));
    await tell(canary, 520, 460);
    expect(await reaches(470)).toBe(false);
    await tell(canary, 460, 400);
    expect(await reaches(470)).toBe(true);
  });

  it('as far as it ever will: who is down or cannot count is not waited for', async () => {
    await tell(first(await addTargets(1, { ready: false })), 400, 300);
    await addTargets(1);
    expect(await reaches(90)).toBe(true);
  });

  it('or the patience is over', async () => {
    await tell(first(await addTargets(1)), 400, 300);
    expect(await reaches(90, 60)).toBe(true);
    expect(await reaches(90, 900)).toBe(false);
  });

  it('where nothing is judged by it', async () => {
    await query(`delete from rollouts where id = ?`, [rolloutId]);
    await addRollout(['failed', 'ready-seconds']);
    await tell(first(await addTargets(1)), 400, 300);
    expect(await reaches(90)).toBe(true);
  });
});

it('a thousand targets cost as many statements as one, and no other tenant is looked at', async () => {
  const [canaries, others] = [await addTargets(100), await addTargets(900, { wave: 2, phase: 'Pending' })];
  await query(
    `insert into usage_samples (tenant_id, instance_id, at, seconds, calls_succeeded, calls_failed)
     select tenant_id, instance_id, ?::timestamptz - make_interval(mins => minute), 60, 9, case when phase = 'Updated' then 1 else 0 end
     from rollout_targets, generate_series(1, 5) minute where rollout_id = ?`,
    [now, rolloutId],
  );
  statements = [];
  const beganMs = performance.now();
  const measures = await measure();
  expect(performance.now() - beganMs).toBeLessThan(2_000);
  expect(statements.filter((sql) => /\bfrom\b/.test(sql) && !/set_config/.test(sql)).length).toBeLessThanOrEqual(5);
  expect(measures.metrics['error-rate']).toEqual({
    value: 0.1,
    sample: canaries.length * 50,
    baseline: 0,
    baselineSample: others.length * 45,
  });
  const plan: AnalysisPlan = {
    rules: [{ metric: 'error-rate', maxRatio: 2, minimumSample: 100 }],
    onFailure: 'rollback',
    onInconclusive: 'pause',
  };
  expect(evaluateAnalysis(plan, measures).verdict).toBe('failed');

  const stranger = await buildTenant(db);
  const seen = await db.transaction(tenantScope(tenant.id), (tx) => tx.em.findOneOrFail(Rollout, { id: rolloutId }));
  const unseen = await db.transaction(tenantScope(stranger.id), (tx) => readMeasures(tx, seen, 1, from));
  expect(unseen).toMatchObject({ updated: [], untouched: [] });
});
