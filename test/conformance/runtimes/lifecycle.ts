import { describe, expect, it, vi } from 'vitest';
import { agentPort, buildSpec } from './agent.ts';
import { buildFence, buildRef, codeOf, never, patience, type Scene } from './scene.ts';

export function describeLifecycle(scene: Scene): void {
  describe('an instance', () => {
    it('is placed with power off, and answers once it is on', async (test) => {
      const ref = await scene.place(test);
      expect(await scene.observe(ref)).toMatchObject({
        exists: true,
        power: 'off',
        processPresent: false,
        ready: false,
        volumePresent: true,
        generation: 1,
      });
      const { runtime } = scene.on;
      const unreached = scene.ask(ref);
      await expect(unreached).rejects.toMatchObject({ code: 'agent.unreachable' });
      await scene.wake(ref);
      expect(await scene.observe(ref)).toMatchObject({
        revision: 1,
        configurationHash: 'hash-1',
        restarts: 0,
        reason: null,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      });
      const headers = { authorization: 'Bearer t' };
      const request = { method: 'POST' as const, path: '/chat?turn=1', headers, body: 'hello ü', timeoutMs: 10_000 };
      const { status, body } = await runtime.reach(ref, agentPort, request, never);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({
        method: 'POST',
        url: '/chat?turn=1',
        body: 'hello ü',
        authorization: 'Bearer t',
        secret: 'first secret',
        files: { 'agent.json': '{"revision":1}' },
      });
    });

    it('stays as it is, with its process, when the same is asked for again', async (test) => {
      const ref = await scene.start(test);
      const before = await scene.observe(ref);
      const { runtime } = scene.on;
      const spec = buildSpec(scene.on);
      await Promise.all([1, 2, 3].map(() => runtime.ensureInstance(ref, spec, buildFence(1), never)));
      await runtime.putConfiguration(ref, spec, buildFence(1), never);
      await runtime.power(ref, 'on', buildFence(1), never);
      expect(await scene.observe(ref)).toEqual(before);
      expect(await scene.agentsInTurn(ref)).toHaveLength(1);
      expect(await runtime.compare(ref, { spec, power: 'on' }, never)).toMatchObject({ differences: [] });
    });

    it('is compared with what is wanted, without being changed', async (test) => {
      const ref = await scene.start(test);
      const before = await scene.observe(ref);
      const spec = buildSpec(scene.on, {
        revision: 2,
        configuration: { ...buildSpec(scene.on).configuration, files: { 'agent.json': '{}' }, hash: 'hash-2' },
      });
      const { differences } = await scene.on.runtime.compare(ref, { spec, power: 'off' }, never);
      expect(differences.map(({ what }) => what)).toEqual(expect.arrayContaining(['configuration', 'power']));
      expect(await scene.observe(ref)).toEqual(before);
    });

    it('gets a new process with its new environment and secret, and keeps its state', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, 'fs.writeFileSync(path.join(state, "kept"), "of before")');
      const { processId } = await scene.observe(ref);
      const spec = buildSpec(scene.on, {
        revision: 2,
        environment: { COLOUR: 'red' },
        secretEnvironment: { SECRET: 'second secret' },
      });
      await scene.on.runtime.ensureInstance(ref, spec, buildFence(2), never);
      await scene.becomes(ref, { ready: true, current: true, revision: 2, generation: 2 });
      expect((await scene.observe(ref)).processId).not.toBe(processId);
      expect((await scene.ask(ref)).secret).toBe('second secret');
      const found = 'return [process.env.COLOUR, fs.readFileSync(path.join(state, "kept"), "utf8")]';
      expect(await scene.tell(ref, found)).toEqual(['red', 'of before']);
      expect(await scene.agentsInTurn(ref)).toHaveLength(2);
    });

    it('leaves its volume when it is removed, and finds its state again when it is placed anew', async (test) => {
      const ref = await scene.start(test);
      const { runtime, agentsOf } = scene.on;
      await scene.tell(ref, 'fs.writeFileSync(path.join(state, "kept"), "of before")');
      await runtime.removeInstance(ref, buildFence(2), never);
      await scene.becomes(ref, { exists: false, processPresent: false, volumePresent: true, generation: 2 });
      expect(await agentsOf(ref)).toBe(0);
      await runtime.removeInstance(ref, buildFence(2), never);

      await runtime.ensureInstance(ref, buildSpec(scene.on), buildFence(3), never);
      await scene.wake(ref, 3);
      expect(await scene.tell(ref, 'return fs.readFileSync(path.join(state, "kept"), "utf8")')).toBe('of before');

      await runtime.removeInstance(ref, buildFence(4), never);
      await scene.becomes(ref, { exists: false, processPresent: false });
      await runtime.removeVolume(ref, buildFence(5), never);
      await scene.becomes(ref, { exists: false, volumePresent: false, generation: 0 });
      await runtime.removeVolume(ref, buildFence(5), never);
      const left = async () => (await scene.on.remains()).filter((name) => name.includes(ref.instanceId));
      await vi.waitFor(async () => expect(await left()).toEqual([]), patience);
    });

    it('can be removed, killed and powered off where there is none, and not powered on', async () => {
      const ref = buildRef(scene.on.tenantId);
      const { runtime } = scene.on;
      await runtime.kill(ref, buildFence(1), never);
      await runtime.power(ref, 'off', buildFence(1), never);
      await runtime.removeInstance(ref, buildFence(1), never);
      await runtime.removeVolume(ref, buildFence(1), never);
      const outcomes = await Promise.all([
        codeOf(runtime.power(ref, 'on', buildFence(1), never)),
        codeOf(runtime.restart(ref, 'token', buildFence(1), never)),
        codeOf(runtime.putConfiguration(ref, buildSpec(scene.on), buildFence(1), never)),
      ]);
      expect(outcomes).toEqual(outcomes.map(() => 'instance.state-conflict'));
      expect(await scene.observe(ref)).toMatchObject({ exists: false, volumePresent: false, power: null });
    });
  });
}
