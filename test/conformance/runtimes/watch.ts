import { describe, expect, it, vi } from 'vitest';
import type { ObservedInstance, Runtime } from '../../../activities/runtimes/runtime.ts';
import { buildConfiguration, buildSpec } from './agent.ts';
import { buildFence, never, patience, type Scene } from './scene.ts';

export function describeWatch(scene: Scene): void {
  describe('the watch', () => {
    /** Only what concerns the instance: others share the cluster. */
    function follow(runtime: Runtime, instanceId: string, failing = 0) {
      const stop = new AbortController();
      const snapshots: (ObservedInstance | undefined)[] = [];
      const changes: ObservedInstance[] = [];
      const losses: unknown[] = [];
      let failures = failing;
      const watching = runtime.watch(
        {
          onSnapshot: (all) => {
            if (failures-- > 0) throw new Error('no database');
            snapshots.push(all.find((one) => one.instanceId === instanceId));
          },
          onChange: (one) => void (one.instanceId === instanceId && changes.push(one)),
          onLost: (error) => void losses.push(error),
        },
        stop.signal,
      );
      return {
        snapshots,
        changes,
        losses,
        tells: (wanted: Partial<ObservedInstance>) =>
          vi.waitFor(() => expect(changes.at(-1) ?? snapshots.at(-1)).toMatchObject(wanted), patience),
        end: async () => {
          stop.abort();
          await watching;
        },
      };
    }
    const begun = (followed: { snapshots: unknown[] }, count = 1) =>
      vi.waitFor(() => expect(followed.snapshots.length).toBeGreaterThanOrEqual(count), patience);

    it('tells of what is there, then of each change once, to the very end', async (test) => {
      const ref = await scene.place(test);
      const { runtime } = scene.on;
      const followed = follow(runtime, ref.instanceId);
      await begun(followed);
      expect(followed.snapshots[0]).toEqual(await scene.observe(ref));

      await runtime.power(ref, 'on', buildFence(1), never);
      await followed.tells({ ready: true, current: true, power: 'on' });
      expect(followed.changes.at(-1)).toEqual(await scene.observe(ref));
      const spec = buildSpec(scene.on, { revision: 2, configuration: buildConfiguration(2) });
      await runtime.putConfiguration(ref, spec, buildFence(2), never);
      await followed.tells({ generation: 2, revision: 2, configurationHash: 'hash-2', ready: true });
      await scene.tell(ref, 'setTimeout(() => process.exit(3), 50)');
      await followed.tells({ ready: true, restarts: 1, exitCode: 3 });
      await runtime.power(ref, 'off', buildFence(3), never);
      await followed.tells({ power: 'off', processPresent: false });
      await runtime.removeInstance(ref, buildFence(4), never);
      await followed.tells({ exists: false, volumePresent: true, generation: 4 });
      await runtime.removeVolume(ref, buildFence(5), never);
      await followed.tells({ exists: false, volumePresent: false });

      const texts = followed.changes.map((change) => JSON.stringify(change));
      expect(texts.filter((text, index) => text === texts[index - 1])).toEqual([]);
      await followed.end();
    });

    it('tells everything again after a lost connection, and goes on', async (test) => {
      const severable = await scene.on.severable?.();
      test.skip(!severable, 'there is no connection to lose');
      const ref = await scene.start(test);
      const followed = follow(severable?.runtime ?? scene.on.runtime, ref.instanceId);
      await begun(followed);
      const told = followed.snapshots.length;
      await severable?.cut();
      await vi.waitFor(() => expect(followed.losses.length).toBeGreaterThan(0), patience);
      await begun(followed, told + 1);
      expect(followed.snapshots.at(-1)).toMatchObject({ ready: true, power: 'on' });
      await scene.on.runtime.power(ref, 'off', buildFence(2), never);
      await followed.tells({ power: 'off', generation: 2, processPresent: false });
      await followed.end();
    });

    it('goes on after a handler has failed', async (test) => {
      const ref = await scene.place(test);
      const followed = follow(scene.on.runtime, ref.instanceId, 1);
      await begun(followed);
      expect(followed.losses.length).toBeGreaterThan(0);
      expect(followed.snapshots[0]).toMatchObject({ exists: true });
      await followed.end();
    });

    it('is the same for two at once', async (test) => {
      const ref = await scene.place(test);
      const both = [follow(scene.on.runtime, ref.instanceId), follow(await scene.on.successor(), ref.instanceId)];
      for (const one of both) await begun(one);
      await scene.on.runtime.power(ref, 'on', buildFence(1), never);
      for (const one of both) await one.tells({ ready: true, current: true });
      const observed = await scene.observe(ref);
      for (const one of both) expect(one.changes.at(-1)).toEqual(observed);
      for (const one of both) await one.end();
    });
  });
}
