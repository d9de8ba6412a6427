import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UsageCounters } from '../../activities/adapters/adapter.ts';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject, type TestTenant } from '../../test/factories/tenants.ts';
import { platformScope } from '../persistence/database.ts';
import { recordUsage } from './commands/record-usage.ts';
import { sumOutdatedUsage } from './commands/sum-outdated-usage.ts';

let api: TestApi;
let admin: ApiClient;
let clusterId: string;
let tenant: TestTenant;
let project: TestProject;
let instanceId: string;

beforeAll(async () => {
  api = await startApi();
  admin = await signInAsAdministrator(api);
  clusterId = (await buildCluster(api.db)).id;
  tenant = await buildTenant(api.db);
  project = await buildProject(api.db, tenant);
});
afterAll(() => api.close());
beforeEach(async () => {
  instanceId = (await buildInstance(api.db, { project, clusterId })).id;
});

const query = <Row>(sql: string, parameters: unknown[]) =>
  api.db.transaction(platformScope(), (tx) => tx.query<Row>(sql, parameters));

const counters = (of: Partial<UsageCounters>): UsageCounters => ({
  processId: 'first',
  uptimeSeconds: 10,
  callsSucceeded: 0,
  callsFailed: 0,
  runs: 0,
  tokensIn: 0,
  tokensOut: 0,
  costMicros: 0,
  ...of,
});
/** As if it had been told so many seconds ago. */
const tell = (ageSeconds: number, of: Partial<UsageCounters>, id = instanceId) =>
  api.db.transaction(platformScope(), (tx) =>
    recordUsage(tx, [{ tenantId: tenant.id, instanceId: id, ageSeconds, counters: counters(of) }]),
  );
const samples = () =>
  query<{ seconds: number; calls: number }>(
    `select seconds, calls_succeeded::int as calls from usage_samples where instance_id = ? order by at`,
    [instanceId],
  );

describe('counters', () => {
  it('become what was done since they were told last', async () => {
    await tell(180, { callsSucceeded: 4, uptimeSeconds: 30 });
    await tell(120, { callsSucceeded: 9 });
    await tell(60, { callsSucceeded: 9 });
    await tell(0, { callsSucceeded: 10 });
    expect(await samples()).toEqual([
      { seconds: 30, calls: 4 },
      { seconds: expect.closeTo(60, -0.4), calls: 5 },
      { seconds: expect.closeTo(60, -0.4), calls: 1 },
    ]);
  });

  it('of another process have begun at 0', async () => {
    await tell(120, { callsSucceeded: 50 });
    await tell(60, { callsSucceeded: 60, processId: 'second', uptimeSeconds: 5 });
    await tell(0, { callsSucceeded: 61, processId: 'second', uptimeSeconds: 65 });
    expect((await samples()).slice(1)).toEqual([
      { seconds: 5, calls: 60 },
      { seconds: expect.closeTo(60, -0.4), calls: 1 },
    ]);
  });

  it('that are told again, or come late, count once', async () => {
    await tell(60, { callsSucceeded: 7 });
    await tell(60, { callsSucceeded: 7 });
    await tell(0, { callsSucceeded: 9 });
    await tell(30, { callsSucceeded: 8 });
    expect((await samples()).map(({ calls }) => calls)).toEqual([7, 2]);
  });

  it('lose nothing while nobody asks', async () => {
    await tell(7_200, { callsSucceeded: 1 });
    await tell(0, { callsSucceeded: 100 });
    expect((await samples()).at(-1)).toEqual({ seconds: expect.closeTo(7_200, -0.4), calls: 99 });
  });

  it('of an instance that is no more are left out, and the others are kept', async () => {
    await api.db.transaction(platformScope(), (tx) =>
      recordUsage(
        tx,
        [instanceId, '019c0000-0000-7000-8000-000000000000'].map((id) => ({
          tenantId: tenant.id,
          instanceId: id,
          ageSeconds: 0,
          counters: counters({ callsSucceeded: 3 }),
        })),
      ),
    );
    expect(await samples()).toEqual([{ seconds: 10, calls: 3 }]);
  });
});

describe('samples that are older than a week', () => {
  it('become sums of their hours, whole, however they are bitten off', async () => {
    for (const [index, minutes] of [1, 30, 59, 60, 61].entries()) {
      await query(
        `insert into usage_samples (tenant_id, instance_id, at, seconds, calls_succeeded, cost_micros)
         values (?, ?, date_trunc('hour', now()) - interval '10 days' + make_interval(mins => ?), 60, ?, 5)`,
        [tenant.id, instanceId, minutes, 10 ** index],
      );
    }
    await tell(0, { callsSucceeded: 7 });
    for (let bite = 2; bite === 2;) {
      bite = await api.db.transaction(platformScope(), (tx) => sumOutdatedUsage(tx, 2));
    }
    const sums = await query(
      `select calls_succeeded::int as calls, cost_micros::int as cost from usage_hours where instance_id = ? order by at`,
      [instanceId],
    );
    // the sample at the full hour ends the hour before
    expect(sums).toEqual([
      { calls: 1_111, cost: 20 },
      { calls: 10_000, cost: 5 },
    ]);
    expect((await samples()).map(({ calls }) => calls)).toEqual([7]);

    const from = new Date(Date.now() - 12 * 86_400_000).toISOString();
    const { body } = await admin.get(`/instances/${instanceId}/usage?step=86400&from=${from}`);
    expect(body.total).toMatchObject({ callsSucceeded: 11_118, costUsd: 25e-6 });
  });
});

describe('the usage of an instance', () => {
  it('is summed up by steps', async () => {
    const at = (seconds: number) => new Date(Date.parse('2026-11-20T10:00:00Z') + seconds * 1_000);
    for (const seconds of [0, 60, 120, 121]) {
      await query(
        `insert into usage_samples (tenant_id, instance_id, at, seconds, calls_succeeded, calls_failed, runs, tokens_in,
           tokens_out, cost_micros) values (?, ?, ?, 60, 1, 2, 3, 4, 5, 1500000)`,
        [tenant.id, instanceId, at(seconds)],
      );
    }
    const path = `/instances/${instanceId}/usage?from=${at(0).toISOString()}&to=${at(240).toISOString()}&step=120`;
    const { status, body } = await admin.get(path);
    expect(status).toBe(200);
    const once = { callsSucceeded: 1, callsFailed: 2, runs: 3, tokensIn: 4, tokensOut: 5, costUsd: 1.5 };
    const twice = { callsSucceeded: 2, callsFailed: 4, runs: 6, tokensIn: 8, tokensOut: 10, costUsd: 3 };
    expect(body).toMatchObject({
      stepSeconds: 120,
      steps: [
        { at: at(0).toISOString(), ...twice },
        { at: at(120).toISOString(), ...once },
      ],
      total: { callsSucceeded: 3, costUsd: 4.5 },
      lastToldAt: null,
    });
  });

  it.each([
    ['step=10', '/step'],
    ['from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', '/from'],
    ['from=2026-01-01T00:00:00Z&to=2026-10-01T00:00:00Z', '/from'],
    ['from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z&step=60', '/step'],
    ['from=yesterday', '/from'],
  ])('is refused for %s', async (parameters, pointer) => {
    const { status, body } = await admin.get(`/instances/${instanceId}/usage?${parameters}`);
    expect(status).toBe(422);
    expect(JSON.stringify(body.errors)).toContain(pointer.slice(1));
  });

  it('is for members of its tenant', async () => {
    const elsewhere = await buildTenant(api.db);
    const stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: elsewhere.id });
    expect((await stranger.get(`/instances/${instanceId}/usage`)).status).toBe(404);
    const member = await signInAs(api, { role: 'viewer', tenantId: tenant.id, projectId: project.id });
    expect((await member.get(`/instances/${instanceId}/usage`)).status).toBe(200);
  });
});

describe('the usage of all', () => {
  let own: TestTenant;
  let projects: TestProject[];
  let ids: string[];

  beforeAll(async () => {
    own = await buildTenant(api.db);
    projects = [await buildProject(api.db, own), await buildProject(api.db, own)];
    ids = [];
    for (const [index, calls] of [1, 10, 100].entries()) {
      const of = projects[index === 2 ? 1 : 0];
      if (!of) throw new Error('no project');
      const { id } = await buildInstance(api.db, { project: of, clusterId });
      ids.push(id);
      await query(
        `insert into usage_samples (tenant_id, instance_id, at, seconds, calls_succeeded, cost_micros)
         values (?, ?, now() - interval '1 hour', 60, ?, ?)`,
        [own.id, id, calls, calls * 1_000_000],
      );
    }
  });

  it.each([
    ['tenant', [111]],
    ['project', [100, 11]],
    ['instance', [100, 10, 1]],
  ])('is summed up by %s, the dearest first', async (by, costs) => {
    const { body } = await admin.get(`/metrics/usage?tenantId=${own.id}&by=${by}`);
    expect(body).toMatchObject({ total: costs.length, next: null, totals: { callsSucceeded: 111, costUsd: 111 } });
    expect((body.items as { usage: { costUsd: number } }[]).map(({ usage }) => usage.costUsd)).toEqual(costs);
  });

  it('comes in pages', async () => {
    const first = await admin.get(`/metrics/usage?tenantId=${own.id}&limit=2&sort=calls`);
    expect(first.body).toMatchObject({
      total: 3,
      items: [
        { instanceId: ids[0], instanceName: expect.any(String), projectName: expect.any(String), tenantName: own.name },
        { instanceId: ids[1] },
      ],
    });
    const next = encodeURIComponent(String(first.body.next));
    const second = await admin.get(`/metrics/usage?tenantId=${own.id}&limit=2&sort=calls&cursor=${next}`);
    expect(second.body).toMatchObject({ items: [{ instanceId: ids[2] }], next: null, totals: { callsSucceeded: 111 } });
    const other = await admin.get(`/metrics/usage?tenantId=${own.id}&limit=2&sort=calls&by=project&cursor=${next}`);
    expect(other.body.code).toBe('request.cursor-invalid');
  });

  it('is that of one project for who has a role there alone', async () => {
    const member = await signInAs(api, { role: 'viewer', tenantId: own.id, projectId: projects[1]?.id });
    const { body } = await member.get('/metrics/usage?by=tenant');
    expect(body).toMatchObject({ total: 1, items: [{ tenantId: own.id }], totals: { callsSucceeded: 100 } });
    const stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: (await buildTenant(api.db)).id });
    expect((await stranger.get(`/metrics/usage?tenantId=${own.id}`)).body).toMatchObject({ total: 0, items: [] });
  });

  it('leaves out what lies before', async () => {
    const from = new Date(Date.now() - 60_000).toISOString();
    expect((await admin.get(`/metrics/usage?tenantId=${own.id}&from=${from}`)).body).toMatchObject({
      total: 0,
      totals: { callsSucceeded: 0, costUsd: 0 },
    });
  });
});
