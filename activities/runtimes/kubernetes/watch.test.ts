import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ObservedInstance } from '../runtime.ts';
import { joinCluster, withoutCluster, type TestCluster } from './testing/cluster.ts';
import { connectCluster } from './connect.ts';
import { watchInstances } from './watch.ts';
import { buildFence } from './testing/fence.ts';
import { buildRef, buildWorkload } from './testing/workload.ts';

describe.skipIf(withoutCluster)(`the watch over a cluster${withoutCluster}`, () => {
  let on: TestCluster;
  beforeAll(async () => {
    on = await joinCluster();
  });
  afterAll(() => on?.leave());

  /** Only what concerns the instance: others share the cluster. */
  function record(instanceId: () => string) {
    const snapshots: ObservedInstance[][] = [];
    const changes: ObservedInstance[] = [];
    const losses: unknown[] = [];
    const ours = (instance: ObservedInstance) => instance.instanceId === instanceId();
    return {
      snapshots,
      changes,
      losses,
      handlers: {
        onSnapshot: (instances: ObservedInstance[]) => void snapshots.push(instances.filter(ours)),
        onChange: (instance: ObservedInstance) => void (ours(instance) && changes.push(instance)),
        onLost: (error: unknown) => void losses.push(error),
      },
    };
  }

  it('tells of what is there, of each change, and of the end', async () => {
    const ref = buildRef(on.tenantId);
    await on.runtime.ensureInstance(ref, buildWorkload(), buildFence(1), on.signal);
    const { snapshots, changes, losses, handlers } = record(() => ref.instanceId);
    const stop = new AbortController();
    const watching = on.runtime.watch(handlers, stop.signal);
    await expect.poll(() => snapshots.length).toBe(1);
    expect(snapshots[0]).toMatchObject([{ exists: true, generation: 1, power: 'off', volumePresent: true }]);

    await on.runtime.ensureInstance(ref, buildWorkload({ revision: 2 }), buildFence(2), on.signal);
    await expect.poll(() => changes.at(-1)).toMatchObject({ generation: 2, revision: 2 });
    await on.runtime.removeInstance(ref, buildFence(3), on.signal);
    await expect.poll(() => changes.at(-1)).toMatchObject({ exists: false, volumePresent: true, generation: 3 });
    await on.runtime.removeVolume(ref, buildFence(4), on.signal);
    await expect.poll(() => changes.at(-1)).toMatchObject({ exists: false, volumePresent: false });

    const texts = changes.map((change) => JSON.stringify(change));
    expect(texts.filter((text, index) => text === texts[index - 1])).toEqual([]);
    expect(losses).toEqual([]);
    stop.abort();
    await watching;
  });

  it('says that the cluster is lost, and ends when asked while it waits', async () => {
    const down = connectCluster({ ...on.cluster.access, server: 'https://127.0.0.1:1' }, 1000);
    const { losses, handlers } = record(() => '');
    const stop = new AbortController();
    const watching = watchInstances(down, handlers, stop.signal);
    await expect.poll(() => losses.length).toBeGreaterThanOrEqual(3);
    stop.abort();
    expect(await Promise.race([watching, sleep(1000, 'still watching')])).toBeUndefined();
    await down.close();
  });

  it('goes on after a handler has failed', async () => {
    const ref = buildRef(on.tenantId);
    const { losses, snapshots, handlers } = record(() => ref.instanceId);
    const stop = new AbortController();
    let failures = 1;
    const onSnapshot = (instances: ObservedInstance[]): void => {
      if (failures-- > 0) throw new Error('no database');
      handlers.onSnapshot(instances);
    };
    const watching = on.runtime.watch({ ...handlers, onSnapshot }, stop.signal);
    await expect.poll(() => snapshots.length, { timeout: 10_000 }).toBe(1);
    expect(losses).toHaveLength(1);
    stop.abort();
    await watching;
  });
});
