import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditCheckpoint } from '../../server/audit/audit-checkpoint.entity.ts';
import { loadAuditSigner } from '../../server/audit/checkpoint.ts';
import { verifyChain } from '../../server/audit/verify-chain.ts';
import { Drift } from '../../server/consistency/drift.entity.ts';
import { changeSchedule } from '../../server/maintenance/commands/change-schedule.ts';
import { MaintenanceSchedule } from '../../server/maintenance/maintenance-schedule.entity.ts';
import { nextRunOf } from '../../server/maintenance/next-run.ts';
import { Operation } from '../../server/operations/operation.entity.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { maintenanceRuns } from '../../server/temporal/maintenance-runs.ts';
import { maintenanceScheduleIdOf, type MaintenanceName } from '../../workflows/contracts/maintenance.ts';
import type { Stored } from '../fakes/scripted-cluster.ts';
import { ask, create, ended, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

describe('maintenance', { timeout: 90_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());

  const running = async (): Promise<string> => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    return instance.id;
  };
  const change = (instanceId: string, edit: (workload: NonNullable<Stored['workload']>) => void): void => {
    const { workload } = rig.scripted.cluster.instances.get(instanceId) ?? {};
    if (!workload) throw new Error(`${instanceId} has no workload`);
    edit(workload);
  };
  const driftOf = (instanceId: string): Promise<Drift | null> =>
    rig.db.transaction(platformScope(), ({ em }) => em.findOne(Drift, { instanceId }));
  const checked = async (instanceId: string, state: Drift['state']): Promise<Drift> => {
    await maintenanceRuns(rig.temporal.client).checkDrift(instanceId);
    const drift = await until(
      () => driftOf(instanceId),
      (found) => found?.state === state,
    );
    return drift as Drift;
  };

  it('says of an instance that runs what it should that it is consistent', async () => {
    expect(await checked(await running(), 'consistent')).toMatchObject({ findings: [], driftedSince: null });
  });

  it.each([
    ['image', (workload) => Object.assign(workload, { spec: { ...workload.spec, image: 'somebody/elses:1' } })],
    ['power', (workload) => Object.assign(workload, { power: 'off' })],
    [
      'resources',
      ({ spec }) =>
        Object.assign(spec, { resources: { ...spec.resources, memoryBytes: spec.resources.memoryBytes * 2 } }),
    ],
    [
      'configuration',
      ({ spec }) => Object.assign(spec.configuration, { files: { 'openclaw.json': '{"changed":"by hand"}' } }),
    ],
  ] satisfies [string, (workload: NonNullable<Stored['workload']>) => void][])(
    'finds an %s that somebody changed on the cluster',
    async (what, edit) => {
      const id = await running();
      change(id, edit);
      const drift = await checked(id, 'drifted');
      expect(drift.findings.map((finding) => finding.what)).toEqual([what]);
      expect(drift.driftedSince).not.toBeNull();
    },
  );

  it('finds objects that are gone, and a process that reads another configuration than its file says', async () => {
    const gone = await running();
    const stored = rig.scripted.cluster.instances.get(gone);
    if (stored) stored.workload = null;
    expect((await checked(gone, 'drifted')).findings).toMatchObject([{ what: 'objects', found: 'missing' }]);

    const stale = await running();
    const { process } = rig.scripted.cluster.instances.get(stale) ?? {};
    Object.assign(process ?? {}, { files: { 'openclaw.json': '{"of":"before"}' } });
    expect((await checked(stale, 'drifted')).findings).toMatchObject([{ what: 'configuration' }]);
  });

  it('finds that another image came up under the same tag, and leaves that to people', async () => {
    const { cluster } = rig.scripted;
    const { imageIdOf } = cluster;
    const id = await running();
    await checked(id, 'consistent');
    await rig.db.transaction(platformScope(), (tx) => tx.query(`update tenants set drift_policy = 'repair'`));
    cluster.imageIdOf = (image) => `${image}@sha256:${'f'.repeat(64)}`;
    await ended(rig.db, await ask(rig.db, id, 'restart'));
    const drift = await checked(id, 'drifted');
    cluster.imageIdOf = imageIdOf;
    expect(drift.findings).toEqual([
      {
        what: 'image',
        wanted: expect.stringContaining('openclaw:test as sha256:'),
        found: `openclaw:test@sha256:${'f'.repeat(64)}`,
      },
    ]);
    expect(drift.operationId).toBeNull();
    await rig.db.transaction(platformScope(), (tx) => tx.query(`update tenants set drift_policy = 'report'`));
    await ended(rig.db, await ask(rig.db, id, 'restart'));
    await checked(id, 'consistent');
  });

  it('says that nobody knows while the cluster does not answer, and keeps what was found before', async () => {
    const id = await running();
    change(id, (workload) => Object.assign(workload, { spec: { ...workload.spec, image: 'somebody/elses:1' } }));
    await checked(id, 'drifted');
    rig.scripted.cluster.down = true;
    try {
      expect((await checked(id, 'unknown')).findings).toMatchObject([{ what: 'image' }]);
    } finally {
      rig.scripted.cluster.down = false;
    }
  });

  it('repairs what has drifted where the tenant wants that, once an hour at most', async () => {
    await rig.db.transaction(platformScope(), (tx) => tx.query(`update tenants set drift_policy = 'repair'`));
    const id = await running();
    const edit = () =>
      change(id, (workload) => Object.assign(workload, { spec: { ...workload.spec, image: 'somebody/elses:1' } }));
    edit();
    const { operationId } = await checked(id, 'drifted');
    const syncs = () =>
      rig.db.transaction(platformScope(), ({ em }) => em.find(Operation, { instanceId: id, kind: 'instance.sync' }));
    const [repair] = await syncs();
    expect(repair).toMatchObject({ id: operationId, requestedByName: 'maintenance' });
    await ended(rig.db, { id: operationId as string });
    await checked(id, 'consistent');

    edit();
    await checked(id, 'drifted');
    expect(await syncs()).toHaveLength(1);
    await rig.db.transaction(platformScope(), (tx) => tx.query(`update tenants set drift_policy = 'report'`));
  });

  const scheduleOf = (name: MaintenanceName) =>
    rig.temporal.client.schedule.getHandle(maintenanceScheduleIdOf(name)).describe();
  const changed = (name: MaintenanceName, to: { everySeconds?: number; paused?: boolean }) =>
    rig.db.transaction(platformScope(), async (tx) => {
      const { generation } = await tx.em.findOneOrFail(MaintenanceSchedule, { name });
      await changeSchedule(tx, { name, expectedGeneration: generation, ...to, by });
    });

  it('is brought to Temporal at boot, and follows its row from then on', async () => {
    const every = (name: MaintenanceName) => async () => (await scheduleOf(name)).spec.intervals?.[0]?.every;
    await expect.poll(every('retention'), { timeout: 20_000 }).toBe(3_600_000);
    await changed('retention', { everySeconds: 7_200 });
    await expect.poll(every('retention'), { timeout: 20_000 }).toBe(7_200_000);
    const { nextActionTimes } = (await scheduleOf('retention')).info;
    expect(nextActionTimes[0]).toEqual(nextRunOf({ everySeconds: 7_200, paused: false }));
    await changed('retention', { paused: true });
    await expect.poll(async () => (await scheduleOf('retention')).state.paused, { timeout: 20_000 }).toBe(true);
  });

  it('is done as often as its schedule says, and tells what it has done', async () => {
    const resultOf = (name: MaintenanceName) => async () =>
      (await rig.db.transaction(platformScope(), ({ em }) => em.findOneOrFail(MaintenanceSchedule, { name })))
        .lastResult;
    const id = await running();
    change(id, (workload) => Object.assign(workload, { power: 'off' }));
    await changed('consistency', { everySeconds: 10 });
    await expect
      .poll(resultOf('consistency'), { timeout: 60_000 })
      .toMatchObject({ checked: expect.any(Number), drifted: expect.any(Number) });
    expect(await driftOf(id)).toMatchObject({ state: 'drifted' });
    await changed('consistency', { paused: true });
    await scheduleOf('retention').then(() =>
      rig.temporal.client.schedule.getHandle(maintenanceScheduleIdOf('retention')).trigger(),
    );
    await expect.poll(resultOf('retention'), { timeout: 60_000 }).toMatchObject({ events: 0 });
  });

  it('signs how far the audit has got, which the observer seals, when somebody asks for it', async () => {
    await running();
    await maintenanceRuns(rig.temporal.client).checkpointAudit();
    const ofTenant = () =>
      rig.db.transaction(platformScope(), ({ em }) => em.findOne(AuditCheckpoint, { tenantId: rig.tenant.id }));
    const signed = await until(ofTenant, (found) => Boolean(found?.storedAt));
    expect(signed).toMatchObject({ kind: 'head' });
    const keys = loadAuditSigner(rig.auditKeyFile).keys;
    const proof = await verifyChain(rig.db, platformScope(), { tenantId: rig.tenant.id, from: 1, keys });
    expect(proof).toMatchObject({ state: 'proven', checkpoint: { signature: 'valid' } });
  });
});
