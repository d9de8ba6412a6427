import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinCluster, withoutCluster, type TestCluster } from './testing/cluster.ts';
import { connectCluster } from './connect.ts';
import { watchInstances } from './watch.ts';

describe.skipIf(withoutCluster)(`the watch over a cluster${withoutCluster}`, () => {
  let on: TestCluster;
  beforeAll(async () => {
    on = await joinCluster();
  });
  afterAll(() => on?.leave());

  it('says that the cluster is lost, and ends when asked while it waits', async () => {
    const down = connectCluster({ ...on.cluster.access, server: 'https://127.0.0.1:1' }, 1000);
    const losses: unknown[] = [];
    const handlers = {
      onSnapshot: () => undefined,
      onChange: () => undefined,
      onLost: (error: unknown) => void losses.push(error),
    };
    const stop = new AbortController();
    const watching = watchInstances(down, handlers, stop.signal);
    await expect.poll(() => losses.length).toBeGreaterThanOrEqual(3);
    stop.abort();
    expect(await Promise.race([watching, sleep(1000, 'still watching')])).toBeUndefined();
    await down.close();
  });
});
