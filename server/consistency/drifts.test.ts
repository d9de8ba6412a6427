import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../test/factories/api-client.ts';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { signInAs, signInAsAdministrator } from '../../test/factories/people.ts';
import { startApi, type TestApi } from '../../test/factories/start-api.ts';
import { buildProject, buildTenant, type TestProject } from '../../test/factories/tenants.ts';
import { createLogger } from '../observability/logger.ts';
import { platformScope } from '../persistence/database.ts';
import { driftGauge } from './drift-gauge.ts';
import { recordDrift } from './commands/record-drift.ts';

let api: TestApi;
let admin: ApiClient;
let viewer: ApiClient;
let stranger: ApiClient;
let project: TestProject;
let drifted: string;
let sound: string;
const asked: string[] = [];
const differences = [{ what: 'image' as const, wanted: 'openclaw:1', found: 'somebody/elses:1' }];

beforeAll(async () => {
  api = await startApi({
    async checkDrift(instanceId) {
      if (instanceId === sound) throw new Error('Temporal is away');
      asked.push(instanceId);
    },
  });
  admin = await signInAsAdministrator(api);
  project = await buildProject(api.db, await buildTenant(api.db));
  const { tenantId } = project;
  viewer = await signInAs(api, { role: 'viewer', tenantId });
  stranger = await signInAs(api, { role: 'tenant-administrator', tenantId: (await buildTenant(api.db)).id });
  const clusterId = (await buildCluster(api.db)).id;
  drifted = (await buildInstance(api.db, { project, clusterId })).id;
  sound = (await buildInstance(api.db, { project, clusterId })).id;
  for (const [instanceId, found] of [
    [drifted, differences],
    [sound, []],
  ] as const) {
    await api.db.transaction(platformScope(), (tx) =>
      recordDrift(tx, {
        tenantId,
        instanceId,
        revision: 1,
        found: { differences: [...found], beyondSync: [], image: 'openclaw:1', imageId: null },
      }),
    );
  }
});
afterAll(() => api.close());

describe('what was found to have drifted', () => {
  it('is listed with its findings, and shown at the instance', async () => {
    const { body } = await viewer.get('/drifts?state=drifted');
    expect(body).toMatchObject({ total: 1, items: [{ instanceId: drifted, findings: differences }] });
    expect((await viewer.get(`/instances/${drifted}/drift`)).body.drift).toMatchObject({ state: 'drifted' });
    const marked = await viewer.get('/instances?drift=drifted');
    expect(marked.body).toMatchObject({ total: 1, items: [{ id: drifted, drift: 'drifted' }] });
    expect((await viewer.get(`/instances/${sound}`)).body).toMatchObject({ drift: 'consistent' });
  });

  it('is nothing yet where the first look failed', async () => {
    const { id: instanceId } = await buildInstance(api.db, { project, clusterId: (await buildCluster(api.db)).id });
    const { tenantId } = project;
    await api.db.transaction(platformScope(), (tx) =>
      recordDrift(tx, { tenantId, instanceId, revision: 1, found: null }),
    );
    const { status, body } = await viewer.get(`/instances/${instanceId}/drift`);
    expect({ status, drift: body.drift }).toMatchObject({ status: 200, drift: { state: 'unknown', findings: [] } });
    await api.db.transaction(platformScope(), (tx) =>
      tx.query('delete from drifts where instance_id = ?', [instanceId]),
    );
  });

  it('is counted for whoever watches the platform, without what is deleted', async () => {
    const registry = new Registry();
    const log = createLogger({ name: 'test', level: 'silent' });
    driftGauge({ db: api.db, log }, registry);
    const counted = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('occ_'));
    expect(await counted()).toEqual([
      'occ_instances_by_drift{state="consistent"} 1',
      'occ_instances_by_drift{state="drifted"} 1',
      'occ_instances_by_drift{state="unknown"} 0',
    ]);
    const deleted = (at: string) =>
      api.db.transaction(platformScope(), (tx) =>
        tx.query(`update instances set deleted_at = ${at} where id = ?`, [sound]),
      );
    await deleted('now()');
    expect(await counted()).toContain('occ_instances_by_drift{state="consistent"} 0');
    await deleted('null');

    const away = { transaction: () => Promise.reject(new Error('the database is away')) };
    const others = new Registry();
    driftGauge({ db: away, log }, others);
    expect(await others.metrics()).not.toContain('occ_instances_by_drift{');
  });

  it('is nothing to another tenant', async () => {
    expect((await stranger.get('/drifts')).body).toMatchObject({ total: 0 });
    expect(await stranger.get(`/instances/${drifted}/drift`)).toMatchObject({ status: 404 });
    expect(await stranger.post(`/instances/${drifted}/drift`)).toMatchObject({ status: 404 });
  });
});

describe('a comparison now', () => {
  it('is begun for who may ask for it, and audited', async () => {
    const { tenantId } = project;
    const operator = await signInAs(api, { role: 'operator', tenantId });
    expect(await viewer.post(`/instances/${drifted}/drift`)).toMatchObject({ status: 403 });
    expect(await operator.post(`/instances/${drifted}/drift`)).toMatchObject({ status: 202 });
    expect(asked).toEqual([drifted]);
    const entries = await api.db.transaction(platformScope(), (tx) =>
      tx.query(`select object_id from audit_entries where action = 'drift.check'`),
    );
    expect(entries).toEqual([{ object_id: drifted }]);
  });

  it('that cannot be begun is a failure that says so', async () => {
    expect(await admin.post(`/instances/${sound}/drift`)).toMatchObject({
      status: 503,
      body: { code: 'server.unavailable' },
    });
  });
});

describe('schedules of maintenance', () => {
  it('are the platform’s to see and to change, by the version that was read', async () => {
    expect(await viewer.get('/maintenance-schedules')).toMatchObject({ status: 403 });
    const { body } = await admin.get('/maintenance-schedules');
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual([
      'audit-checkpoints',
      'consistency',
      'overdue-rollouts',
      'retention',
    ]);
    const change = { everySeconds: 120, paused: true };
    expect(Date.parse(body.items[0].nextRunAt)).toBeGreaterThan(Date.now());
    expect(await admin.patch('/maintenance-schedules/consistency', change, '"7"')).toMatchObject({ status: 412 });
    expect(await admin.patch('/maintenance-schedules/consistency', change, '"1"')).toMatchObject({
      status: 200,
      body: { ...change, generation: 2, nextRunAt: null },
    });
    expect(await admin.patch('/maintenance-schedules/nothing', change, '"1"')).toMatchObject({ status: 404 });
  });

  it('follow a policy that the tenant’s administrator sets', async () => {
    const { tenantId } = project;
    const owner = await signInAs(api, { role: 'tenant-administrator', tenantId });
    const { body } = await owner.get(`/tenants/${tenantId}`);
    expect(body.driftPolicy).toBe('report');
    const { name, displayName } = body;
    const changed = await owner.put(
      `/tenants/${tenantId}`,
      { name, displayName, driftPolicy: 'repair' },
      `"${body.generation}"`,
    );
    expect(changed).toMatchObject({ status: 200, body: { driftPolicy: 'repair' } });
  });
});
