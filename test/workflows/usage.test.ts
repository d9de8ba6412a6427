import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageCounters } from '../../activities/adapters/adapter.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { Child } from './child.ts';
import type { AnalysisPlan } from '../../server/rollouts/rollout.types.ts';
import { ask, configurationOf, create, ended, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { fleet, reached, rollOut, wavesOf } from './rollout-orders.ts';

describe('the usage of agents', { timeout: 120_000 }, () => {
  let rig: Rig;
  let observer: Child;
  /** What each agent says, by instance. */
  const counted = new Map<string, Partial<UsageCounters> | null>();

  beforeAll(async () => {
    rig = await startRig();
    rig.scripted.cluster.usageOf = (id) => counted.get(id) ?? (counted.has(id) ? null : {});
    [observer] = await Promise.all([rig.startObserver(), rig.startWorker()]);
  }, 120_000);
  afterAll(() => rig?.stop());

  const running = async () => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    return instance.id;
  };
  const sumsOf = async (id: string) => {
    const [sums] = await rig.db.transaction(platformScope(), (tx) =>
      tx.query<{ calls: number; failed: number; tokens: number; cost: number }>(
        `select coalesce(sum(calls_succeeded), 0)::int as calls, coalesce(sum(calls_failed), 0)::int as failed,
           coalesce(sum(tokens_in + tokens_out), 0)::int as tokens, coalesce(sum(cost_micros), 0)::int as cost
         from usage_samples where instance_id = ?`,
        [id],
      ),
    );
    return sums;
  };
  const toldSince = async (id: string, moment: Date) =>
    until(
      () =>
        rig.db.transaction(platformScope(), (tx) =>
          tx.query<{ at: Date }>(`select at from usage_counters where instance_id = ? and at > ?`, [id, moment]),
        ),
      (rows) => rows.length > 0,
    );
  const callsAre = (id: string, calls: number) =>
    until(
      () => sumsOf(id),
      (sums) => sums?.calls === calls,
    );

  it('are asked for again and again, each with its own token, and added up', async () => {
    const [one, other] = await Promise.all([running(), running()]);
    counted.set(one, { callsSucceeded: 5, callsFailed: 2, tokensIn: 100, tokensOut: 10, costMicros: 250 });
    counted.set(other, { callsSucceeded: 1 });
    await Promise.all([callsAre(one, 5), callsAre(other, 1)]);
    counted.set(one, { callsSucceeded: 9, callsFailed: 2, tokensIn: 150, tokensOut: 11, costMicros: 300 });
    expect(await callsAre(one, 9)).toEqual({ calls: 9, failed: 2, tokens: 161, cost: 300 });
    await toldSince(other, new Date());
    expect(await sumsOf(other)).toMatchObject({ calls: 1 });
  });

  it('goes on after a restart of the agent, whose counters begin at 0', async () => {
    const id = await running();
    counted.set(id, { callsSucceeded: 40 });
    await callsAre(id, 40);
    counted.delete(id);
    await ended(rig.db, await ask(rig.db, id, 'restart'));
    await toldSince(id, new Date());
    counted.set(id, { callsSucceeded: 3 });
    expect(await callsAre(id, 43)).toMatchObject({ calls: 43 });
  });

  it('is neither doubled nor lost when the observer dies', async () => {
    const id = await running();
    counted.set(id, { callsSucceeded: 10 });
    await callsAre(id, 10);
    await observer.kill('SIGKILL');
    counted.set(id, { callsSucceeded: 25 });
    const killed = new Date();
    observer = await rig.startObserver('second');
    await toldSince(id, killed);
    await callsAre(id, 25);
    await toldSince(id, new Date());
    expect(await sumsOf(id)).toMatchObject({ calls: 25 });
  });

  it('of an agent that hangs, cannot count or talks nonsense is left out, and nobody waits for it', async () => {
    const [hanging, unable, confused, well] = await Promise.all([running(), running(), running(), running()]);
    counted.set(unable, null);
    counted.set(confused, { callsSucceeded: Number.NaN });
    const held = rig.scripted.hold(
      (call) => call.verb === 'reach' && call.place.instanceId === hanging && call.request.path === '/occ/metrics',
      'before',
    );
    await held.reached;
    const since = new Date();
    counted.set(well, { callsSucceeded: 1 });
    await callsAre(well, 1);
    counted.set(well, { callsSucceeded: 2 });
    await callsAre(well, 2);
    const told = await rig.db.transaction(platformScope(), (tx) =>
      tx.query(`select from usage_counters where instance_id = any (array[?]::uuid[]) and at > ?`, [
        [hanging, unable, confused],
        since,
      ]),
    );
    expect(told).toEqual([]);
    held.letGo();
    counted.set(hanging, { callsSucceeded: 7 });
    counted.set(confused, { callsSucceeded: 4 });
    await Promise.all([callsAre(hanging, 7), callsAre(confused, 4)]);
  });

  it('of an agent that is down is not asked for', async () => {
    const id = await running();
    counted.set(id, { callsSucceeded: 1 });
    await callsAre(id, 1);
    await ended(rig.db, await ask(rig.db, id, 'stop'));
    const stopped = new Date();
    const other = await running();
    await toldSince(other, stopped);
    await toldSince(other, new Date());
    const told = await rig.db.transaction(platformScope(), (tx) =>
      tx.query(`select from usage_counters where instance_id = ? and at > ?`, [id, stopped]),
    );
    expect(told).toEqual([]);
  });

  it('judges a canary: what makes its calls fail is taken back there alone, what does not goes on', async () => {
    const { cluster } = rig.scripted;
    const ids = await fleet(rig, 3);
    const [canary = '', ...others] = ids;
    const modeOf = (id: string) => cluster.instances.get(id)?.workload?.spec.environment['MODE'];
    cluster.usageOf = (id) => {
      const startedAtMs = Date.parse(cluster.instances.get(id)?.process?.startedAt ?? '');
      const calls = Math.floor((Date.now() - startedAtMs) / 10);
      return modeOf(id) === 'broken' ? { callsFailed: calls } : { callsSucceeded: calls };
    };
    const analysis: AnalysisPlan = {
      rules: [{ metric: 'error-rate', maxRatio: 2, minimumSample: 20 }],
      onFailure: 'rollback',
      onInconclusive: 'pause',
    };
    const changeTo = (mode: string) =>
      rollOut(rig, {
        configuration: configurationOf({ environment: { MODE: mode } }),
        waves: [{ instanceIds: [canary], bakeSeconds: 1, analysis }, { instanceIds: others }],
      });

    const broken = await changeTo('broken');
    await reached(rig.db, broken, 'RolledBack');
    const [judged] = await wavesOf(rig.db, broken.id);
    expect(judged?.analysis).toMatchObject({ verdict: 'failed', rules: [{ value: 1, baseline: 0, limit: 0 }] });
    expect(ids.map(modeOf)).toEqual([undefined, undefined, undefined]);

    const sound = await changeTo('sound');
    await reached(rig.db, sound, 'Succeeded');
    const [passed] = await wavesOf(rig.db, sound.id);
    expect(passed?.analysis).toMatchObject({ verdict: 'passed', rules: [{ value: 0, baseline: 0 }] });
    expect(ids.map(modeOf)).toEqual(['sound', 'sound', 'sound']);
  });
});
