import { describe, expect, it, vi } from 'vitest';
import { buildFence, never, patience, skipUnless, type Scene } from './scene.ts';

const watchedForMs = 8_000;
/** A program that fails at once would else be started a hundred times a second. */
const mostStarts = 8;

export function describeFailures(scene: Scene): void {
  describe('an agent that fails', () => {
    it.for([1, 78])(
      'at its start with %i is told with its last words, and not started without end',
      async (code, test) => {
        const ref = await scene.place(test, {
          environment: { AGENT_FIRST: `console.error("refused: no model"); process.exit(${code})` },
        });
        const begunAt = Date.now();
        await scene.on.runtime.power(ref, 'on', buildFence(1), never);
        await scene.becomes(ref, { ready: false, exitCode: code, reason: expect.any(String) as never });
        const lastWords = () => scene.on.runtime.tailLogs(ref, 20, never);
        await vi.waitFor(async () => expect(await lastWords()).toContain('refused: no model'), patience);
        const restarts = await vi.waitFor(async () => {
          const observed = await scene.observe(ref);
          if (Date.now() - begunAt < watchedForMs) throw new Error('not watched for long enough');
          return observed.restarts;
        }, patience);
        expect(restarts).toBeLessThanOrEqual(mostStarts);
        expect(await scene.observe(ref)).toMatchObject({ ready: false, exitCode: code });
      },
    );

    it('later is started again, once and beside no other, and its restarts are counted', async (test) => {
      const ref = await scene.start(test);
      for (const [index, end] of ['process.exit(3)', 'process.abort()'].entries()) {
        await scene.tell(ref, `setTimeout(() => ${end}, 50)`);
        await scene.becomes(ref, { ready: true, current: true, restarts: index + 1 });
        expect(await scene.on.agentsOf(ref)).toBe(1);
      }
      expect((await scene.observe(ref)).exitCode).not.toBe(0);
      expect(await scene.agentsInTurn(ref)).toHaveLength(3);
    });

    it('for want of memory is ended at its limit, and started again', async (test) => {
      skipUnless(
        test,
        scene,
        ({ limits }) => limits.memory === 'enforced',
        'nothing stops it here: memory is advisory',
      );
      const ref = await scene.start(test);
      const eats = 'const held = []; setInterval(() => held.push(Buffer.alloc(16 * 1024 ** 2, 1)), 5)';
      await scene.tell(ref, eats);
      await scene.becomes(ref, { ready: true, restarts: 1 });
      expect(await scene.agentsInTurn(ref)).toHaveLength(2);
    });

    it('is told with power off as resting, whatever came before', async (test) => {
      const ref = await scene.place(test, { environment: { AGENT_FIRST: 'process.exit(1)' } });
      await scene.on.runtime.power(ref, 'on', buildFence(1), never);
      await scene.becomes(ref, { exitCode: 1 });
      await scene.rest(ref);
      expect(await scene.observe(ref)).toMatchObject({ power: 'off', ready: false });
    });
  });
}
