import { describe, expect, it } from 'vitest';
import type { InstanceRef } from '../../../activities/runtimes/runtime.ts';
import { buildSpec } from './agent.ts';
import { buildFence, buildRef, codeOf, never, type Scene } from './scene.ts';

const hostileNames = [
  'Zoë 漢字 😀 \u202e',
  `'single' "double" \`back\` \\`,
  'two\nlines\r\n[program:x]\ncommand=touch /tmp/x',
  '$(touch /tmp/x) ${HOME} $HOME %(here)s %s %%',
  '../../../../etc/passwd',
  '; DROP TABLE instances; --',
  '-rf',
  'x'.repeat(500),
  '',
];

export function describeHostileNames(scene: Scene): void {
  describe('whatever people call an instance', () => {
    it('makes no difference: it is placed, observed, compared and removed by its id', async (test) => {
      const { runtime } = scene.on;
      for (const name of hostileNames) {
        const ref = await scene.place(test, {}, name);
        expect(await scene.observe(ref)).toMatchObject({
          exists: true,
          instanceId: ref.instanceId,
          power: 'off',
        });
        const spec = buildSpec(scene.on);
        expect((await runtime.compare(ref, { spec, power: 'off' }, never)).differences).toEqual([]);
        await runtime.removeInstance(ref, buildFence(2), never);
        await scene.becomes(ref, { exists: false });
        await runtime.removeVolume(ref, buildFence(2), never);
      }
    });

    it('does not keep it from running, and a new name is not a new process', async (test) => {
      const ref = await scene.start(test, {}, hostileNames.join(' '));
      const { processId } = await scene.observe(ref);
      const renamed: InstanceRef = { ...ref, name: 'another\nname' };
      await scene.on.runtime.ensureInstance(renamed, buildSpec(scene.on), buildFence(2), never);
      expect(await scene.observe(renamed)).toMatchObject({ processId, current: true, ready: true });
      expect(await scene.ask(ref)).toMatchObject({ secret: 'first secret' });
    });

    it('is not taken for an id: what is none is refused, before anything is touched', async () => {
      const { runtime, tenantId } = scene.on;
      const ref = buildRef(tenantId);
      const fence = buildFence(1);
      for (const id of ['../x', 'a/b', '', '.', 'UPPER', 'with space', 'a\nb', '$(x)', 'x'.repeat(300)]) {
        const outcomes = [await codeOf(runtime.removeTenantSpace(id, fence, never))];
        for (const foreign of [
          { ...ref, tenantId: id },
          { ...ref, instanceId: id },
        ]) {
          outcomes.push(
            await codeOf(runtime.observe(foreign, never)),
            await codeOf(runtime.ensureInstance(foreign, buildSpec(scene.on), fence, never)),
            await codeOf(runtime.removeVolume(foreign, fence, never)),
          );
        }
        expect({ id, outcomes }).toEqual({ id, outcomes: outcomes.map(() => 'cluster.refused') });
      }
    });
  });
}
