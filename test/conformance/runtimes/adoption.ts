import { describe, expect, it, vi } from 'vitest';
import type { ObservedInstance } from '../../../activities/runtimes/runtime.ts';
import { agentPort, buildConfiguration, buildSpec } from './agent.ts';
import { buildFence, never, patience, type Scene } from './scene.ts';

export function describeAdoption(scene: Scene): void {
  describe('a driver that has taken over', () => {
    it('sees what runs, steers it, and starts nothing anew', async (test) => {
      const ref = await scene.start(test);
      const before = await scene.observe(ref);
      const successor = await scene.on.successor();
      expect(await successor.observe(ref, never)).toEqual(before);
      await successor.ensureInstance(ref, buildSpec(scene.on), buildFence(1), never);
      await successor.power(ref, 'on', buildFence(1), never);
      expect(await successor.observe(ref, never)).toEqual(before);

      const request = { method: 'GET' as const, path: '/', timeoutMs: 10_000 };
      expect((await successor.reach(ref, agentPort, request, never)).status).toBe(200);
      expect(await successor.tailLogs(ref, 10, never)).toContain('listening');
      const spec = buildSpec(scene.on, { revision: 2, configuration: buildConfiguration(2) });
      await successor.putConfiguration(ref, spec, buildFence(2), never);
      expect(await scene.observe(ref)).toMatchObject({ generation: 2, revision: 2, processId: before.processId });
      expect(await scene.agentsInTurn(ref)).toHaveLength(1);

      await successor.power(ref, 'off', buildFence(3), never);
      await scene.becomes(ref, { power: 'off', processPresent: false });
      const late = scene.on.runtime.power(ref, 'on', buildFence(2), never);
      await expect(late).rejects.toMatchObject({ code: 'operation.superseded' });
    });

    it('tells of what was there before it', async (test) => {
      const ref = await scene.start(test);
      const successor = await scene.on.successor();
      const snapshots: ObservedInstance[][] = [];
      const stop = new AbortController();
      const watching = successor.watch(
        { onSnapshot: (all) => void snapshots.push(all), onChange: () => undefined, onLost: () => undefined },
        stop.signal,
      );
      await vi.waitFor(() => expect(snapshots.length).toBeGreaterThan(0), patience);
      expect(snapshots[0]?.find(({ instanceId }) => instanceId === ref.instanceId)).toEqual(await scene.observe(ref));
      stop.abort();
      await watching;
    });

    it('knows the count of restarts, and goes on with it', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, 'setTimeout(() => process.exit(3), 50)');
      await scene.becomes(ref, { ready: true, restarts: 1, exitCode: 3 });
      const successor = await scene.on.successor();
      expect(await successor.observe(ref, never)).toMatchObject({ restarts: 1, exitCode: 3, ready: true });
    });
  });
}
