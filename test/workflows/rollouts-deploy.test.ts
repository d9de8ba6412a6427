import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildIdOf } from '../../activities/versions/build-id.ts';
import { Bundles } from '../../activities/versions/bundles.ts';
import { rolloutWorkflowIdOf } from '../../workflows/contracts/rollouts.ts';
import { until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { fleet, phasesOf, reached, rollOut } from './rollout-orders.ts';

const older = '00000000000000cc';

describe('the run of a long rollout', { timeout: 240_000 }, () => {
  let rig: Rig;
  let bundles: string;
  beforeAll(async () => {
    rig = await startRig();
    bundles = join(rig.directory, 'bundles');
    mkdirSync(bundles);
    const present = await new Bundles(null).make(buildIdOf());
    for (const id of [older, buildIdOf()]) copyFileSync(present, join(bundles, `${id}.js`));
    await rig.startWorker('worker-older', { id: older, bundles });
  }, 120_000);
  afterAll(() => rig?.stop());

  const runOf = async (rolloutId: string) => {
    const { raw, historyLength } = await rig.temporal.client.workflow
      .getHandle(rolloutWorkflowIdOf(rolloutId))
      .describe();
    return { build: raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId, historyLength };
  };

  it('costs at most twenty events a minute while it works, and moves to a new build at its next safe point', async () => {
    const ids = await fleet(rig, 20);
    const [slow = ''] = ids.slice(19);
    rig.scripted.cluster.fateOf = (_spec, id) =>
      id === slow ? { does: 'wait', reason: 'Unschedulable' } : { does: 'run' };
    const rollout = await rollOut(rig, { kind: 'restart', waves: [{ instanceIds: ids }] });
    await until(
      () => phasesOf(rig.db, rollout.id),
      (phases) => phases.filter((phase) => phase === 'Updated').length === 19,
    );
    const before = await runOf(rollout.id);
    expect(before.build).toBe(older);
    // What a minute costs is only seen by letting one pass.
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    const after = await runOf(rollout.id);
    expect(after.historyLength - before.historyLength).toBeLessThanOrEqual(20);
    expect(after.historyLength).toBeGreaterThan(before.historyLength);

    await rig.startWorker('worker', { id: buildIdOf(), bundles });
    await until(
      () => runOf(rollout.id),
      ({ build }) => build === buildIdOf(),
      (run) => JSON.stringify(run),
      90_000,
    );
    rig.scripted.cluster.recover(slow);
    await reached(rig.db, rollout, 'Succeeded');
    expect(ids.map((id) => rig.scripted.cluster.begun.get(id)?.length)).toEqual(Array(20).fill(2));
  });
});
