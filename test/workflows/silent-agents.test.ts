import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configurationOf, create, ended, instanceOf, stepsOf, until, update } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { fleet, reached, rollOut, targetsOf } from './rollout-orders.ts';

describe('an agent that is ready and never answers', { timeout: 90_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ environment: { PROOF_PATIENCE_SECONDS: '3', READY_PATIENCE_SECONDS: '4' } });
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());
  afterEach(() => {
    cluster().isSilent = () => false;
    cluster().fateOf = () => ({ does: 'run' });
  });

  const cluster = () => rig.scripted.cluster;
  const other = configurationOf({ environment: { MODE: 'other' } });
  const notLive = { code: 'agent.configuration-not-live', detail: expect.stringMatching(/./) };
  const running = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    return instance.id;
  };

  it('with what it was given ends the update, and has the revision of before again', async () => {
    const id = await running();
    cluster().isSilent = ({ revision }) => revision === 2;
    const failed = await ended(rig.db, await update(rig.db, id, other), 'Failed');
    expect(failed.error).toMatchObject(notLive);
    const names = (await stepsOf(rig.db, failed.id)).map(({ name, state }) => `${name} ${state}`);
    expect(names.slice(-2)).toEqual(['proveConfiguration Failed', 'restoreRevision Succeeded']);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Running', revision: 1, liveRevision: 1 });
    expect(cluster().instances.get(id)?.workload?.spec.revision).toBe(1);
  });

  it('is a failed target with that reason, and the only one', async () => {
    const ids = await fleet(rig, 2);
    cluster().isSilent = ({ revision }) => revision === 2;
    const waves = ids.map((id) => ({ instanceIds: [id] }));
    const rollout = await rollOut(rig, { configuration: other, waves, onBudgetExceeded: 'pause' });
    const paused = await reached(rig.db, rollout, 'Paused');
    expect(paused).toMatchObject({ pauseReason: 'failure-budget' });
    expect(await targetsOf(rig.db, rollout.id)).toMatchObject([
      { phase: 'Failed', error: notLive },
      { phase: 'Pending', error: null },
    ]);
    expect(await instanceOf(rig.db, ids[0] ?? '')).toMatchObject({ phase: 'Running', revision: 1 });
  });

  it('is another matter than one that never gets ready', async () => {
    const id = await running();
    cluster().fateOf = ({ revision }) => (revision === 2 ? { does: 'wait', reason: 'Unschedulable' } : { does: 'run' });
    const moved = configurationOf({ environment: { MODE: 'with a restart' } });
    const failed = await ended(rig.db, await update(rig.db, id, moved), 'Failed');
    expect(failed.error).toMatchObject({ code: 'agent.not-ready', detail: expect.stringContaining('Unschedulable') });
    expect(
      await until(
        () => instanceOf(rig.db, id),
        ({ phase }) => phase === 'Running',
      ),
    ).toMatchObject({ revision: 1 });
  });
});
