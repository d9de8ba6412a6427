import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiAnswer, ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';

let api: TestApi;
let admin: ApiClient;
let operator: ApiClient;
let tenant: TestTenant;
let project: TestProject;
let clusterId: string;
let id: string;
const woken: string[] = [];

beforeAll(async () => {
  api = await startApi({
    dispatch: {
      async start() {},
      async cancel() {},
      async startRollout() {},
      async wakeRollout(rolloutId) {
        woken.push(rolloutId);
      },
    },
  });
  admin = await signInAsAdministrator(api);
  tenant = await buildTenant(api.db);
  clusterId = (await buildCluster(api.db)).id;
  operator = await signInAs(api, { role: 'operator', tenantId: tenant.id });
});
afterAll(() => api.close());

/** A rollout of two waves over four instances, of which the engine has not heard. */
beforeEach(async () => {
  project = await buildProject(api.db, tenant);
  for (let count = 0; count < 4; count += 1) await buildInstance(api.db, { project, clusterId });
  id = await created('restart');
});

async function created(kind: 'restart'): Promise<string> {
  const { status, body } = await admin.post('/rollouts', {
    name: 'a change',
    change: { kind },
    selection: { projectId: project.id },
    strategy: { waves: [{ size: { count: 1 }, then: 'pause' }, { size: { rest: true } }] },
  });
  expect(status).toBe(201);
  return body.id;
}

const sql = <Row>(text: string, parameters: unknown[]): Promise<Row[]> =>
  api.db.transaction(platformScope(), (tx) => tx.query<Row>(text, parameters));

/** As the engine would have left it. */
async function stand(rollout: Record<string, unknown>, wave: Record<string, unknown> = {}): Promise<void> {
  const set = (values: Record<string, unknown>): string =>
    Object.keys(values)
      .map((column) => `${column} = ?`)
      .join(', ');
  const values = { current_wave: 1, started_at: new Date(), ...rollout };
  await sql(`update rollouts set ${set(values)} where id = ?`, [...Object.values(values), id]);
  if (Object.keys(wave).length === 0) return;
  await sql(`update rollout_waves set ${set(wave)} where rollout_id = ? and number = ?`, [
    ...Object.values(wave),
    id,
    values.current_wave,
  ]);
}

/** The wave is judged by a query of an administrator's own. */
const queries = (wave: number) =>
  sql(`update rollouts set strategy = jsonb_set(strategy, ?::text[], ?::jsonb) where id = ?`, [
    `{waves,${wave - 1},analysis}`,
    JSON.stringify({
      rules: [{ metric: 'prometheus', query: 'sum(up)', max: 1, minimumSample: 1 }],
      onFailure: 'pause',
      onInconclusive: 'pause',
    }),
    id,
  ]);

const control = (verb: string, body: object = {}, who = operator): Promise<ApiAnswer> =>
  who.post(`/rollouts/${id}/${verb}`, body);
const waves = async (): Promise<string[]> =>
  (await admin.get(`/rollouts/${id}`)).body.waves.map(({ phase }: { phase: string }) => phase);
const timeline = async () => (await admin.get(`/rollouts/${id}`)).body.decisions.at(-1);

describe('pause and resume', () => {
  it('hold a rollout and let it go on, told to its run, its timeline and the audit log', async () => {
    await stand({ phase: 'Progressing' }, { phase: 'Updating' });
    woken.length = 0;
    expect(await control('pause', { reason: 'lunch' })).toMatchObject({
      status: 200,
      body: { phase: 'Paused', pauseReason: 'requested', pauseDetail: 'lunch', actions: ['resume', 'abort'] },
    });
    expect(await timeline()).toMatchObject({ kind: 'paused', reason: 'lunch', wave: 1 });
    expect(await control('resume')).toMatchObject({ status: 200, body: { phase: 'Progressing', pauseReason: null } });
    expect(woken).toEqual([id, id]);
    const entries = await sql<{ action: string }>('select action from audit_entries where object_id = ? order by id', [
      id,
    ]);
    expect(entries.map(({ action }) => action)).toEqual(['rollout.create', 'rollout.pause', 'rollout.resume']);
  });

  it('bring a rollout that is still checked back to that', async () => {
    await control('pause');
    expect(await control('resume')).toMatchObject({ body: { phase: 'Pending' } });
  });

  it('go on backwards where it went back', async () => {
    await stand({ phase: 'RollingBack', rollback_started_at: new Date() });
    expect(await control('pause')).toMatchObject({ body: { phase: 'Paused' } });
    expect(await control('resume')).toMatchObject({ body: { phase: 'RollingBack' } });
  });

  it('lift a deadline that has passed', async () => {
    await stand({ phase: 'Paused', pause_reason: 'deadline', deadline_at: new Date() });
    expect(await control('resume')).toMatchObject({ body: { phase: 'Progressing', deadlineAt: null } });
  });

  it('take a rollout over whose requester has lost his rights', async () => {
    await stand({ phase: 'Paused', pause_reason: 'rights-lost', requested_by_name: 'gone' });
    const { body } = await control('resume');
    expect(body.phase).toBe('Progressing');
    expect(body.requestedByName).not.toBe('gone');
  });

  it('take no query of Prometheus over into the name of somebody who may not ask it', async () => {
    await queries(2);
    await stand({ phase: 'Paused', pause_reason: 'rights-lost' });
    expect(await control('resume')).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    expect(await control('resume', {}, admin)).toMatchObject({ status: 200 });
  });

  it('cannot replace the judgement that a pause asks for', async () => {
    await stand({ phase: 'Paused', pause_reason: 'analysis-failed' });
    expect(await control('resume')).toMatchObject({ status: 409, body: { code: 'rollout.state-conflict' } });
  });
});

describe('promote', () => {
  it('names the next wave after one that asks for a person', async () => {
    await stand({ phase: 'Paused', pause_reason: 'wave-passed' }, { phase: 'Passed' });
    expect(await control('promote')).toMatchObject({ body: { phase: 'Progressing', currentWave: 2 } });
    expect(await waves()).toEqual(['Passed', 'Pending']);
  });

  it('judges a baking wave now, and skips no analysis', async () => {
    await stand({ phase: 'Progressing' }, { phase: 'Baking', bake_until: new Date(Date.now() + 3_600_000) });
    const { body } = await control('promote');
    expect(body).toMatchObject({ phase: 'Progressing', currentWave: 1 });
    expect(Date.parse(body.waves[0].bakeUntil)).toBeLessThanOrEqual(Date.now());
    expect(await waves()).toEqual(['Baking', 'Pending']);
  });

  it('passes a failed analysis only with force, a reason and the right to it, and keeps that', async () => {
    const boss = await signInAs(api, { role: 'tenant-administrator', tenantId: tenant.id });
    await stand({ phase: 'Paused', pause_reason: 'analysis-failed' }, { phase: 'Judged' });
    expect(await control('promote', {}, boss)).toMatchObject({
      status: 409,
      body: { code: 'rollout.analysis-failed' },
    });
    expect(await control('promote', { force: true, reason: 'x' })).toMatchObject({ status: 403 });
    expect(await control('promote', { force: true }, boss)).toMatchObject({ status: 422 });
    expect(await waves()).toEqual(['Judged', 'Pending']);
    const forced = await control('promote', { force: true, reason: 'the metric is wrong' }, boss);
    expect(forced).toMatchObject({ status: 200, body: { phase: 'Progressing', currentWave: 2 } });
    expect(await timeline()).toMatchObject({ kind: 'forced', wave: 1, reason: 'the metric is wrong' });
    expect(await sql('select forced_waves as waves from rollouts where id = ?', [id])).toEqual([{ waves: [1] }]);
    expect(
      await sql(`select 1 as one from audit_entries where object_id = ? and action = 'rollout.force'`, [id]),
    ).toEqual([{ one: 1 }]);
  });

  it('goes on in a wave whose failures a person accepts, without passing it', async () => {
    await stand({ phase: 'Paused', pause_reason: 'failure-budget' }, { phase: 'Updating' });
    expect(await control('promote', { force: true, reason: 'known' }, admin)).toMatchObject({
      body: { phase: 'Progressing', currentWave: 1 },
    });
    expect(await waves()).toEqual(['Updating', 'Pending']);
  });

  it('is nothing for a wave that is still being updated', async () => {
    await stand({ phase: 'Progressing' }, { phase: 'Updating' });
    expect(await control('promote')).toMatchObject({ status: 409, body: { code: 'rollout.state-conflict' } });
  });
});

describe('abort and roll back', () => {
  it('abort ends it for good as soon as nothing is under way', async () => {
    expect(await control('abort', { reason: 'wrong version' })).toMatchObject({
      status: 200,
      body: { phase: 'Paused', pauseReason: 'aborting', actions: [] },
    });
    expect(await control('resume')).toMatchObject({ status: 409 });
    expect(await control('abort')).toMatchObject({ status: 409 });
  });

  it('roll back turns it around, and may agree to lose what was done since', async () => {
    await stand({ phase: 'Paused', pause_reason: 'analysis-failed', kind: 'image' }, { phase: 'Judged' });
    expect(await control('rollback', { reason: 'too slow' })).toMatchObject({ body: { phase: 'RollingBack' } });
    expect(await waves()).toEqual(['Failed', 'Pending']);
    await stand({ phase: 'Paused', pause_reason: 'state-diverged' });
    expect(await control('resume')).toMatchObject({ status: 409 });
    expect(await control('rollback', { discardNewState: true })).toMatchObject({ body: { phase: 'RollingBack' } });
    expect(await sql('select discard_new_state as discard from rollouts where id = ?', [id])).toEqual([
      { discard: true },
    ]);
  });

  it('roll back is refused where only the power was changed', async () => {
    await stand({ phase: 'Progressing' });
    expect(await control('rollback')).toMatchObject({ status: 409, body: { code: 'rollout.state-conflict' } });
  });

  it('nothing but a retry is for one that has ended', async () => {
    await stand({ phase: 'Succeeded', ended_at: new Date() });
    for (const verb of ['pause', 'resume', 'promote', 'abort', 'rollback']) {
      expect(await control(verb)).toMatchObject({ status: 409, body: { code: 'rollout.ended' } });
    }
  });
});

describe('retry', () => {
  it('makes a new rollout over what the old one did not bring there', async () => {
    await stand({ phase: 'PartiallyFailed', ended_at: new Date() });
    const [failed, skipped] = await sql<{ id: string }>(
      `update rollout_targets set phase = case when position = 2 then 'Failed' when position = 3 then 'Skipped'
         else 'Updated' end where rollout_id = ? returning case when position in (2, 3) then instance_id end as id`,
      [id],
    ).then((rows) => rows.filter((row) => row.id));
    const answer = await control('retry', { reason: 'the node is back' });
    expect(answer).toMatchObject({ status: 201, body: { retryOf: id, phase: 'Pending', total: 2, waveCount: 1 } });
    const { items } = (await admin.get(`/rollouts/${answer.body.id}/targets`)).body;
    expect(new Set(items.map(({ instanceId }: { instanceId: string }) => instanceId))).toEqual(
      new Set([failed?.id, skipped?.id]),
    );
    expect(await timeline()).toMatchObject({ kind: 'retried', detail: { rolloutId: answer.body.id } });
  });

  it('asks Prometheus again only for those who may ask it themselves', async () => {
    await queries(2);
    await stand({ phase: 'Failed', ended_at: new Date() });
    expect(await control('retry')).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    expect(await control('retry', {}, admin)).toMatchObject({ status: 201 });
  });

  it('needs no right to a query that it does not take along', async () => {
    await queries(1);
    await stand({ phase: 'Failed', ended_at: new Date() });
    expect(await control('retry')).toMatchObject({ status: 201 });
  });

  it('takes over of the last wave’s rules those that need nothing to compare with', async () => {
    const rules = [
      { metric: 'ready-seconds', maxRatio: 2, minimumSample: 1 },
      { metric: 'restarts', max: 1, maxRatio: 2, minimumSample: 1 },
    ];
    await sql(`update rollouts set strategy = jsonb_set(strategy, '{waves,1,analysis}', ?::jsonb) where id = ?`, [
      JSON.stringify({ rules, onFailure: 'pause', onInconclusive: 'pause' }),
      id,
    ]);
    await stand({ phase: 'Failed', ended_at: new Date() });
    const { body } = await control('retry');
    expect(body.strategy.waves[0].analysis.rules).toEqual([{ metric: 'restarts', max: 1, minimumSample: 1 }]);
  });

  it('is refused while it runs, and where nothing is left to be done', async () => {
    expect(await control('retry')).toMatchObject({ status: 409, body: { code: 'rollout.state-conflict' } });
    await sql(`update rollout_targets set phase = 'Updated' where rollout_id = ?`, [id]);
    await stand({ phase: 'Succeeded', ended_at: new Date() });
    expect(await control('retry')).toMatchObject({ status: 409, body: { code: 'rollout.state-conflict' } });
  });
});
