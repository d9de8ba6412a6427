import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildFence } from '../kubernetes/testing/fence.ts';
import { buildRef } from '../kubernetes/testing/workload.ts';
import type { InstanceRef } from '../runtime.ts';
import { labels } from './names.ts';
import { buildRunnable, joinEngine, never, withoutEngine } from './testing/engine.ts';

class Killed extends Error {}

/** As a worker that is killed right before its n-th write reaches the engine. */
function buildMortalFence(generation: number, lastWords: number) {
  let asked = 0;
  return buildFence(generation, () => {
    asked += 1;
    if (asked >= lastWords) throw new Killed();
  });
}

describe.skipIf(withoutEngine)(`what a worker has left half done${withoutEngine}`, { timeout: 240_000 }, () => {
  let on: Awaited<ReturnType<typeof joinEngine>>;
  beforeAll(async () => {
    on = await joinEngine();
  }, 120_000);
  afterAll(() => on?.leave(), 120_000);

  /** Again and again, each time one request further, until it has come through; then a last time as a whole. */
  async function untilDone(generation: number, attempt: (fence: ReturnType<typeof buildFence>) => Promise<void>) {
    for (let lastWords = 1; lastWords < 200; lastWords += 1) {
      const outcome = await attempt(buildMortalFence(generation, lastWords)).then(
        () => 'done',
        (error: unknown) => error,
      );
      if (outcome === 'done') return attempt(buildFence(generation));
      expect(outcome).toBeInstanceOf(Killed);
    }
    throw new Error('It never came through');
  }

  it('is finished by the next one, from wherever it was left', async () => {
    const ref: InstanceRef = buildRef(on.tenantId);
    await untilDone(1, (fence) => on.runtime.ensureInstance(ref, buildRunnable(), fence, never));
    expect(await on.runtime.observe(ref, never)).toMatchObject({ exists: true, power: 'off', processPresent: false });
    await untilDone(1, (fence) => on.runtime.power(ref, 'on', fence, never));
    await on.becomes(ref, { ready: true, current: true });
    expect(await on.processesOf(ref)).toHaveLength(1);
    const second = buildRunnable({ revision: 2, environment: { COLOUR: 'red' } });
    await untilDone(2, (fence) => on.runtime.ensureInstance(ref, second, fence, never));
    await on.becomes(ref, { ready: true, current: true, revision: 2, generation: 2 });
    expect(await on.processesOf(ref)).toHaveLength(1);
    await untilDone(3, (fence) => on.runtime.removeInstance(ref, fence, never));
    await on.becomes(ref, { exists: false, processPresent: false, volumePresent: true, generation: 3 });
    await untilDone(4, (fence) => on.runtime.removeVolume(ref, fence, never));
    await on.becomes(ref, { exists: false, volumePresent: false, generation: 0 });
    const filters = { label: [`${labels.instance}=${ref.instanceId}`] };
    expect(await on.docker.listContainers({ all: true, filters })).toEqual([]);
    expect((await on.docker.listVolumes({ filters } as {})).Volumes ?? []).toEqual([]);
  });

  it('is no way back for one that was overtaken: an old record counts for nothing', async () => {
    const ref = buildRef(on.tenantId);
    await on.runtime.ensureInstance(ref, buildRunnable(), buildFence(1), never);
    for (const generation of [2, 3, 4]) await on.runtime.power(ref, 'off', buildFence(generation), never);
    const name = `occ-i-${ref.instanceId}`;
    const [newest] = await on.docker.listContainers({ all: true, filters: { name: [`${name}-r`] } });
    const { Config } = await on.docker.getContainer(newest?.Id ?? '').inspect();
    // As a request that reaches the engine late: its place in the chain is free again.
    const late = JSON.stringify({ ...JSON.parse(Config.Labels[labels.record] ?? ''), power: 'on' });
    await on.docker.createContainer({
      name: `${name}-r1`,
      Image: Config.Image,
      Labels: { ...Config.Labels, [labels.sequence]: '1', [labels.generation]: '1', [labels.record]: late },
    });
    expect(await on.runtime.observe(ref, never)).toMatchObject({ power: 'off', generation: 4 });
    await on.runtime.power(ref, 'off', buildFence(5), never);
    expect(await on.docker.listContainers({ all: true, filters: { name: [`${name}-r`] } })).toHaveLength(1);
  });
});
