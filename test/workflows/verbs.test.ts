import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setDefaults } from '../../server/configs/commands/set-defaults.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { cancelOperation } from '../../server/operations/commands/cancel-operation.ts';
import { requestOperation } from '../../server/operations/commands/request-operation.ts';
import { retryOperation } from '../../server/operations/commands/retry-operation.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { QuotaReservation } from '../../server/quotas/quota.entity.ts';
import { deleteTenant } from '../../server/tenants/commands/delete-tenant.ts';
import { requireTenant } from '../../server/tenants/require-tenant.ts';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import { buildProject, buildTenant } from '../factories/tenants.ts';
import type { Fate } from '../fakes/scripted-cluster.ts';
import { ask, configurationOf, create, ended, instanceOf, remove, stepsOf, until, update } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

const misconfigured: Fate = {
  does: 'exit',
  code: 78,
  lines: ['{"level":"error","message":"gateway.port is no number"}'],
};
const hotter = configurationOf({ native: { messages: { queue: { mode: 'collect' } } } });
const colder = configurationOf({ environment: { MODE: 'other' } });

describe('an operation', { timeout: 150_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await rig.startWorker();
  }, 120_000);
  afterAll(() => rig?.stop());

  const running = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    return instance.id;
  };
  const seen = (instanceId: string) => rig.scripted.cluster.observe({ tenantId: rig.tenant.id, instanceId });
  const held = (instanceId: string) =>
    rig.db.transaction(platformScope(), ({ em }) => em.findOneOrFail(QuotaReservation, { instanceId }));
  const begun = (id: string) => rig.scripted.cluster.begun.get(id)?.length ?? 0;

  it('provisions an instance, step by step, in at most 60 events', async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    const steps = await stepsOf(rig.db, operation.id);
    expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'ensureTenantSpace Succeeded',
      'checkConfiguration Succeeded',
      'placeInstance Succeeded',
      'powerOn Succeeded',
      'awaitReady Succeeded',
      'proveConfiguration Succeeded',
    ]);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({
      phase: 'Running',
      liveRevision: 1,
      volume: 'present',
    });
    const { historyLength } = await rig.temporal.client.workflow.getHandle(workflowIdOf(operation.id)).describe();
    expect(historyLength).toBeLessThanOrEqual(60);
  });

  it('stops and starts, and releases and takes quota with it', async () => {
    const id = await running();
    await ended(rig.db, await ask(rig.db, id, 'stop'));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Stopped', power: 'off' });
    expect(seen(id)).toMatchObject({ exists: true, processPresent: false, volumePresent: true });
    expect(await held(id)).toMatchObject({ cpuMillis: 0, memoryBytes: 0, instances: 1 });

    await ended(rig.db, await ask(rig.db, id, 'start'));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', power: 'on' });
    expect((await held(id)).memoryBytes).toBeGreaterThan(0);
    expect(begun(id)).toBe(2);
  });

  it('restarts with one new process, never two at once', async () => {
    const id = await running();
    await ended(rig.db, await ask(rig.db, id, 'restart'));
    expect(begun(id)).toBe(2);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running' });
  });

  it('kills, and starts again', async () => {
    const id = await running();
    await ended(rig.db, await ask(rig.db, id, 'kill'));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Stopped', power: 'off' });
    expect(seen(id).processPresent).toBe(false);
    await ended(rig.db, await ask(rig.db, id, 'start'));
    expect(seen(id).ready).toBe(true);
  });

  it('updates hot without a new process, and by a new one where it must', async () => {
    const id = await running();
    const namesOf = async ({ id: operationId }: { id: string }) =>
      (await stepsOf(rig.db, operationId)).map(({ name }) => name);
    const hot = await ended(rig.db, await update(rig.db, id, hotter));
    expect(begun(id)).toBe(1);
    expect(await namesOf(hot)).toEqual(['checkConfiguration', 'applyRevision', 'proveConfiguration']);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 2, liveRevision: 2 });

    const cold = await ended(rig.db, await update(rig.db, id, colder));
    expect(begun(id)).toBe(2);
    expect(await namesOf(cold)).toEqual(['checkConfiguration', 'applyRevision', 'awaitReady', 'proveConfiguration']);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 3, liveRevision: 3 });
  });

  it('puts the revision before back when an update fails', async () => {
    const id = await running();
    const { cluster } = rig.scripted;
    cluster.fateOf = ({ revision }, of) => (of === id && revision === 2 ? misconfigured : { does: 'run' });
    const failed = await ended(rig.db, await update(rig.db, id, colder), 'Failed');
    cluster.fateOf = () => ({ does: 'run' });
    expect(failed.error).toMatchObject({ code: 'agent.misconfigured', detail: 'gateway.port is no number' });
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 1, liveRevision: 1, power: 'on' });
    expect(seen(id)).toMatchObject({ revision: 1, ready: true, current: true });
  });

  it('leaves a stopped instance stopped when it updates it', async () => {
    const id = await running();
    await ended(rig.db, await ask(rig.db, id, 'stop'));
    await ended(rig.db, await update(rig.db, id, colder));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Stopped', revision: 2 });
    expect(seen(id)).toMatchObject({ revision: 2, processPresent: false });
  });

  it('touches nothing when the agent’s own program refuses the configuration', async () => {
    const { cluster } = rig.scripted;
    cluster.judge = () => ({
      exitCode: 1,
      output: '{"valid":false,"issues":[{"path":"tools.x","message":"unknown"}]}',
    });
    const { instance, operation } = await create(rig, {
      configuration: configurationOf({ native: { tools: { x: 1 } } }),
    });
    const failed = await ended(rig.db, operation, 'Failed');
    cluster.judge = () => ({ exitCode: 0, output: '{"valid":true,"issues":[]}' });
    expect(failed.error).toMatchObject({ code: 'agent.configuration-refused' });
    expect(failed.error?.faults?.[0]?.pointer).toMatch(/^\/configuration\/native\/tools/);
    expect(cluster.writes.filter(({ instanceId }) => instanceId === instance.id)).toEqual([]);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Failed' });
    expect(await held(instance.id)).toMatchObject({ cpuMillis: 0, storageBytes: 0, instances: 0 });
  });

  it('says of what that program refuses in which layer it was written', async () => {
    const project = await buildProject(rig.db, rig.tenant);
    await rig.db.transaction(platformScope(), (tx) =>
      setDefaults(tx, {
        place: { layer: 'project', tenantId: rig.tenant.id, projectId: project.id },
        agentKind: 'openclaw',
        expectedGeneration: 0,
        configuration: { agent: { timeoutSeconds: 90 } },
        locks: [],
        by,
      }),
    );
    const { cluster } = rig.scripted;
    const issues = ['agents.defaults.timeoutSeconds', 'tools.x'].map((path) => ({ path, message: 'Invalid input' }));
    cluster.judge = () => ({ exitCode: 1, output: JSON.stringify({ valid: false, issues }) });
    const { operation } = await create({ ...rig, project }, { configuration: { native: { tools: { x: 1 } } } });
    const { error } = await ended(rig.db, operation, 'Failed');
    cluster.judge = () => ({ exitCode: 0, output: '{"valid":true,"issues":[]}' });
    expect(error?.faults?.map(({ pointer }) => pointer)).toEqual([
      '/project/configuration/agent/timeoutSeconds',
      '/configuration/native/tools/x',
    ]);
  });

  it('leaves nothing of a creation whose image never comes, and its retry succeeds', async () => {
    const { cluster } = rig.scripted;
    cluster.fateOf = () => ({ does: 'wait', reason: 'ErrImageNeverPull' });
    const { instance, operation } = await create(rig);
    const failed = await ended(rig.db, operation, 'Failed');
    cluster.fateOf = () => ({ does: 'run' });
    expect(failed.error).toMatchObject({ code: 'agent.image-unavailable' });
    expect(seen(instance.id)).toMatchObject({ exists: false, processPresent: false, volumePresent: false });
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Failed', volume: 'none' });
    expect(await held(instance.id)).toMatchObject({ memoryBytes: 0, storageBytes: 0, instances: 0 });

    const retry = await rig.db.transaction(platformScope(), (tx) => retryOperation(tx, operation.id, by));
    expect(retry).toMatchObject({ retryOf: operation.id, kind: 'instance.provision' });
    await ended(rig.db, retry);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running', lastError: null });
  });

  it('parks an agent that exits over its configuration, and an update brings it up', async () => {
    const { cluster } = rig.scripted;
    cluster.fateOf = ({ revision }) => (revision === 1 ? misconfigured : { does: 'run' });
    const { instance, operation } = await create(rig);
    const failed = await ended(rig.db, operation, 'Failed');
    expect(failed.error).toMatchObject({ code: 'agent.misconfigured', detail: 'gateway.port is no number' });
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Misconfigured', power: 'on' });
    await until(
      () => seen(instance.id).processPresent,
      (present) => !present,
    );
    expect(await held(instance.id)).toMatchObject({ instances: 1, cpuMillis: 250 });

    await ended(rig.db, await update(rig.db, instance.id, colder));
    cluster.fateOf = () => ({ does: 'run' });
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Running', lastError: null });
    await expect(
      rig.db.transaction(platformScope(), (tx) => retryOperation(tx, operation.id, by)),
      'its creation is past, and its undo would take a living volume',
    ).rejects.toMatchObject({ code: 'operation.not-retryable' });
  });

  it('parks an agent that refuses to start again, and keeps its power wanted', async () => {
    const { cluster } = rig.scripted;
    const id = await running();
    await ended(rig.db, await ask(rig.db, id, 'stop'));
    cluster.fateOf = () => misconfigured;
    await ended(rig.db, await ask(rig.db, id, 'start'), 'Failed');
    cluster.fateOf = () => ({ does: 'run' });
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Misconfigured', power: 'on' });
    await ended(rig.db, await update(rig.db, id, colder));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', power: 'on' });
  });

  it('deletes and keeps the volume, then purges it', async () => {
    const id = await running();
    await ended(rig.db, await remove(rig.db, id));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Deleted', volume: 'present' });
    expect(seen(id)).toMatchObject({ exists: false, processPresent: false, volumePresent: true });
    expect((await held(id)).storageBytes).toBeGreaterThan(0);

    await ended(rig.db, await remove(rig.db, id, { purge: true }));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Deleted', volume: 'purged' });
    expect(seen(id).volumePresent).toBe(false);
    expect((await held(id)).storageBytes).toBe(0);
  });

  it('deletes and purges at once', async () => {
    const id = await running();
    await ended(rig.db, await remove(rig.db, id, { purge: true }));
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Deleted', volume: 'purged' });
    expect(rig.scripted.cluster.instances.has(id)).toBe(false);
  });

  it('syncs: repairs what was changed behind its back', async () => {
    const id = await running();
    const stored = rig.scripted.cluster.instances.get(id);
    if (!stored) throw new Error('nothing there');
    stored.workload = null;
    stored.process = null;
    await ended(rig.db, await ask(rig.db, id, 'sync'));
    expect(seen(id)).toMatchObject({ exists: true, ready: true, current: true });
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running' });
  });

  it('is cancelled, and takes back what it did', async () => {
    const { cluster } = rig.scripted;
    cluster.fateOf = () => ({ does: 'wait', reason: 'ImagePullBackOff' });
    const { instance, operation } = await create(rig);
    await until(
      () => stepsOf(rig.db, operation.id),
      (steps) => steps.some(({ name, state }) => name === 'awaitReady' && state === 'Waiting'),
    );
    await rig.db.transaction(platformScope(), (tx) => cancelOperation(tx, operation.id, by));
    await ended(rig.db, operation, 'Cancelled');
    cluster.fateOf = () => ({ does: 'run' });
    expect(rig.scripted.cluster.instances.has(instance.id)).toBe(false);
    expect(await instanceOf(rig.db, instance.id)).toMatchObject({ phase: 'Failed', volume: 'none' });
    expect(await held(instance.id)).toMatchObject({ instances: 0 });
  });

  it('of two at once lets one win, and tells the other who', async () => {
    const id = await running();
    const [one, other] = await Promise.allSettled([ask(rig.db, id, 'restart'), ask(rig.db, id, 'stop')]);
    const [won, lost] = one.status === 'fulfilled' ? [one, other] : [other, one];
    if (won.status !== 'fulfilled' || lost.status !== 'rejected') throw new Error('not exactly one has won');
    expect(lost.reason).toMatchObject({ code: 'instance.busy', status: 409, extra: { operationId: won.value.id } });
    await ended(rig.db, won.value);
  });

  it('brings a tenant’s new bounds to its cluster, and takes an empty tenant’s space away', async () => {
    const tenant = await buildTenant(rig.db);
    const project = await buildProject(rig.db, tenant);
    const { instance, operation } = await create({ ...rig, tenant, project });
    await ended(rig.db, operation);

    await rig.db.transaction(platformScope(), (tx) =>
      tx.query('update quotas set instances = 7 where tenant_id = ?', [tenant.id]),
    );
    const sync = await rig.db.transaction(platformScope(), async (tx) =>
      requestOperation(tx, { kind: 'tenant.sync', tenant: await requireTenant(tx, tenant.id), by }),
    );
    await ended(rig.db, sync);
    expect(rig.scripted.cluster.spaces.get(tenant.id)?.quota.instances).toBe(7);

    await ended(rig.db, await remove(rig.db, instance.id, { purge: true }));
    const removal = await rig.db.transaction(platformScope(), (tx) =>
      deleteTenant(tx, { id: tenant.id, expectedGeneration: 1, by }),
    );
    await ended(rig.db, removal);
    expect(rig.scripted.cluster.spaces.has(tenant.id)).toBe(false);
  });
});
