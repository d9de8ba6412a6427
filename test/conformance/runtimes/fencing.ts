import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { buildConfiguration, buildSpec } from './agent.ts';
import { buildFence, codeOf, never, skipUnless, type Scene } from './scene.ts';
import { stateToolOf } from './state-copies.ts';

export function describeFencing(scene: Scene): void {
  describe('the fence', () => {
    it('refuses an older generation in every way, and nothing is changed', async (test) => {
      const ref = await scene.place(test);
      const { runtime } = scene.on;
      const spec = buildSpec(scene.on, { revision: 2, configuration: buildConfiguration(2) });
      await runtime.ensureInstance(ref, buildSpec(scene.on), buildFence(5), never);
      const before = await scene.observe(ref);
      const older = buildFence(4);
      const content = Buffer.from('no archive');
      const archive = { content: Readable.from([content]), sha256: createHash('sha256').update(content).digest('hex') };
      const attempts = {
        ensureInstance: () => runtime.ensureInstance(ref, spec, older, never),
        putConfiguration: () => runtime.putConfiguration(ref, spec, older, never),
        powerOn: () => runtime.power(ref, 'on', older, never),
        powerOff: () => runtime.power(ref, 'off', older, never),
        restart: () => runtime.restart(ref, 'token', older, never),
        kill: () => runtime.kill(ref, older, never),
        writeState: () => runtime.writeState(ref, stateToolOf(scene), archive, older, never),
        writeFile: () => scene.inside.writeFile(ref, 'file', Readable.from(['x']), older, never),
        removeFile: () => scene.inside.removeFile(ref, 'file', older, never),
        removeInstance: () => runtime.removeInstance(ref, older, never),
        removeVolume: () => runtime.removeVolume(ref, older, never),
      };
      for (const [name, attempt] of Object.entries(attempts)) {
        expect({ [name]: await codeOf(attempt()) }).toEqual({ [name]: 'operation.superseded' });
      }
      expect(await scene.observe(ref)).toEqual(before);
    });

    it('tells the generation of every write, also of one that changes nothing else', async (test) => {
      const ref = await scene.place(test);
      const { runtime } = scene.on;
      await runtime.power(ref, 'off', buildFence(2), never);
      expect(await scene.observe(ref)).toMatchObject({ generation: 2 });
      await runtime.kill(ref, buildFence(3), never);
      expect(await scene.observe(ref)).toMatchObject({ generation: 3 });
    });

    it('is asked before each write, and stops it', async (test) => {
      const ref = await scene.place(test);
      const { runtime } = scene.on;
      const lost = buildFence(2, () => {
        throw new Problem('operation.superseded');
      });
      const spec = buildSpec(scene.on, { revision: 2, configuration: buildConfiguration(2) });
      for (const attempt of [
        () => runtime.ensureInstance(ref, spec, lost, never),
        () => runtime.putConfiguration(ref, spec, lost, never),
        () => runtime.power(ref, 'on', lost, never),
        () => runtime.restart(ref, 'token', lost, never),
        () => runtime.removeInstance(ref, lost, never),
        () => runtime.removeVolume(ref, lost, never),
        () => scene.inside.writeFile(ref, 'file', Readable.from(['x']), lost, never),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'operation.superseded' });
      }
      expect(await scene.observe(ref)).toMatchObject({ generation: 1, revision: 1, power: 'off', volumePresent: true });
    });

    it('lets the newer of two win that write at once', async (test) => {
      const ref = await scene.place(test);
      const other = await scene.on.successor();
      const written = (colour: string, revision: number) =>
        buildSpec(scene.on, { revision, environment: { COLOUR: colour }, configuration: buildConfiguration(revision) });
      const outcomes = await Promise.allSettled([
        scene.on.runtime.ensureInstance(ref, written('green', 2), buildFence(2), never),
        other.ensureInstance(ref, written('red', 3), buildFence(3), never),
      ]);
      expect(outcomes[1]).toMatchObject({ status: 'fulfilled' });
      await scene.wake(ref, 3);
      expect(await scene.observe(ref)).toMatchObject({ generation: 3, revision: 3, configurationHash: 'hash-3' });
      expect(await scene.tell(ref, 'return process.env.COLOUR')).toBe('red');
      expect((await scene.ask(ref)).files).toEqual({ 'agent.json': '{"revision":3}' });
    });

    it('keeps a late creation from bringing back what was removed', async (test) => {
      skipUnless(test, scene, ({ volumes }) => volumes, 'without volumes nothing is left to refuse it');
      const ref = await scene.place(test);
      const { runtime } = scene.on;
      await runtime.removeInstance(ref, buildFence(2), never);
      const late = runtime.ensureInstance(ref, buildSpec(scene.on), buildFence(1), never);
      await expect(late).rejects.toMatchObject({ code: 'operation.superseded' });
      await scene.becomes(ref, { exists: false, volumePresent: true });
    });
  });
}
