import { describe, expect, it } from 'vitest';
import type { InstanceRef } from '../../../activities/runtimes/runtime.ts';
import { buildSpec } from './agent.ts';
import { buildFence, never, type Scene } from './scene.ts';

/** A process of the agent's own, which writes without end. */
const forks = `
const child = childProcess.spawn(process.execPath, ['-e',
  'setInterval(() => require("node:fs").appendFileSync(process.argv[1], "x"), 50)', path.join(state, 'child')]);
await new Promise((resolve) => child.once('spawn', resolve));`;

/** How much a file of the state grows in a moment. */
export const growth = (name: string): string => `
const sizeOf = () => fs.statSync(path.join(state, ${JSON.stringify(name)}), { throwIfNoEntry: false })?.size ?? 0;
const before = sizeOf();
await new Promise((resolve) => setTimeout(resolve, 500));
return sizeOf() - before;`;

export function describePower(scene: Scene): void {
  describe('power', () => {
    const notes = (ref: InstanceRef): Promise<string[]> =>
      scene.tell(ref, 'return fs.readFileSync(journal, "utf8").trim().split("\\n").map((line) => line.split(" ")[1])');

    it('goes off gently: the agent is asked, and has its grace', async (test) => {
      const ref = await scene.start(test, { environment: { AGENT_LINGERS_MS: '1500' } });
      await scene.rest(ref);
      await scene.wake(ref);
      const told = await notes(ref);
      const asked = told.indexOf('SIGTERM');
      expect(told.slice(0, asked)).not.toContain('SIGTERM');
      // Beats of a second and a half: it went on until it ended by itself.
      expect(told.slice(asked + 1, told.lastIndexOf('start')).length).toBeGreaterThan(7);
      expect(await scene.agentsInTurn(ref)).toHaveLength(2);
    });

    it('goes off by force when the grace is over, for all that the agent has started', async (test) => {
      const environment = { AGENT_LINGERS_MS: '600000' };
      const ref = await scene.start(test, { environment, terminationGraceSeconds: 2 });
      await scene.tell(ref, forks);
      expect(await scene.tell(ref, growth('child'))).toBeGreaterThan(0);
      await scene.rest(ref);
      await scene.wake(ref);
      expect(await scene.tell(ref, growth('child'))).toBe(0);
    });

    it('is cut by a kill at once, for all that the agent has started', async (test) => {
      const environment = { AGENT_LINGERS_MS: '600000' };
      const ref = await scene.start(test, { environment, terminationGraceSeconds: 300 });
      await scene.tell(ref, forks);
      const killedAt = Date.now();
      await scene.on.runtime.kill(ref, buildFence(2), never);
      await scene.becomes(ref, { power: 'off', processPresent: false });
      expect(Date.now() - killedAt).toBeLessThan(20_000);
      expect(await scene.on.agentsOf(ref)).toBe(0);
      await scene.on.runtime.kill(ref, buildFence(2), never);
      await scene.wake(ref, 3);
      expect(await scene.tell(ref, growth('child'))).toBe(0);
      expect(await scene.agentsInTurn(ref)).toHaveLength(2);
    });

    it('is kept by a restart, which makes one new process for one token', async (test) => {
      const ref = await scene.start(test);
      const first = await scene.observe(ref);
      const { runtime } = scene.on;
      await runtime.restart(ref, 'token-1', buildFence(2), never);
      await runtime.restart(ref, 'token-1', buildFence(2), never);
      await scene.becomes(ref, { ready: true, current: true, generation: 2 });
      const second = await scene.observe(ref);
      expect(second.processId).not.toBe(first.processId);
      await runtime.restart(ref, 'token-1', buildFence(2), never);
      await runtime.ensureInstance(ref, buildSpec(scene.on), buildFence(2), never);
      expect(await scene.observe(ref)).toMatchObject({ current: true, processId: second.processId });
      expect(await scene.agentsInTurn(ref)).toHaveLength(2);
      await runtime.restart(ref, 'token-2', buildFence(2), never);
      await scene.becomes(ref, { current: true, ready: true });
      expect(await scene.agentsInTurn(ref)).toHaveLength(3);
    });

    it('stays off when a resting instance is restarted', async (test) => {
      const ref = await scene.place(test);
      await scene.on.runtime.restart(ref, 'token-1', buildFence(1), never);
      await scene.on.runtime.ensureInstance(ref, buildSpec(scene.on, { revision: 2 }), buildFence(1), never);
      expect(await scene.observe(ref)).toMatchObject({ power: 'off', processPresent: false });
      expect(await scene.on.agentsOf(ref)).toBe(0);
    });

    it('is switched by two drivers at once, and never are there two agents on one state', async (test) => {
      const ref = await scene.start(test);
      const { runtime, agentsOf } = scene.on;
      const other = await scene.on.successor();
      const spec = buildSpec(scene.on);
      let most = 0;
      for (const round of [1, 2, 3]) {
        const fence = buildFence(round + 1);
        const writes = Promise.allSettled([
          runtime.power(ref, 'off', fence, never),
          other.power(ref, 'on', fence, never),
          runtime.restart(ref, `token-${round}`, fence, never),
          other.restart(ref, `token-${round}`, fence, never),
          runtime.ensureInstance(
            ref,
            { ...spec, environment: { ...spec.environment, ROUND: `${round}` } },
            fence,
            never,
          ),
          other.ensureInstance(ref, { ...spec, environment: { ...spec.environment, ROUND: `${round}` } }, fence, never),
        ]);
        most = Math.max(most, await agentsOf(ref));
        await writes;
        await other.power(ref, 'on', fence, never);
        most = Math.max(most, await agentsOf(ref));
      }
      await scene.becomes(ref, { ready: true, current: true, power: 'on' });
      most = Math.max(most, await agentsOf(ref));
      expect(most).toBe(1);
      expect(await agentsOf(ref)).toBe(1);
      expect((await scene.agentsInTurn(ref)).length).toBeGreaterThan(1);
    });
  });
}
