import { describe, expect, it, vi } from 'vitest';
import type { InstanceRef } from '../../../activities/runtimes/runtime.ts';
import type { ProcessUsage } from '../../../activities/runtimes/inside.ts';
import { never, patience, type Scene } from './scene.ts';

const mebibyte = 1024 ** 2;
/** A third of a second of one core, however long that takes on a busy machine. */
const busy = `
const end = process.cpuUsage().user + 350_000;
for (let sum = 0; process.cpuUsage().user < end; ) for (let n = 0; n < 1e6; n += 1) sum += n % 7;`;
const busyAtLeast = 0.3;

export function describeUsage(scene: Scene): void {
  describe('what an agent uses', () => {
    const usage = async (ref: InstanceRef): Promise<ProcessUsage> => {
      const used = await scene.inside.usage(ref, never);
      if (!used) throw new Error('No figures of a running agent');
      return used;
    };

    it('is its time of CPU, its memory, its restarts, and when that was', async (test) => {
      const ref = await scene.start(test);
      const before = await usage(ref);
      expect(before.restarts).toBe(0);
      expect(Math.abs(Date.parse(before.at) - Date.now())).toBeLessThan(30_000);
      // A Node that does little: more than its code, less than its limit.
      expect(before.memoryBytes).toBeGreaterThan(10 * mebibyte);
      expect(before.memoryBytes).toBeLessThan(256 * mebibyte);
      await scene.tell(ref, busy);
      const after = await usage(ref);
      expect(after.cpuSeconds - before.cpuSeconds).toBeGreaterThan(busyAtLeast);
      expect(after.cpuSeconds - before.cpuSeconds).toBeLessThan(10);
      expect(Date.parse(after.at)).toBeGreaterThanOrEqual(Date.parse(before.at));
    });

    it('is that of all its processes', async (test) => {
      const ref = await scene.start(test);
      const before = await usage(ref);
      await scene.tell(
        ref,
        `globalThis.held = Buffer.alloc(40 * 1024 ** 2, 1);
         const child = childProcess.spawn(process.execPath, ['-e',
           'const held = Buffer.alloc(40 * 1024 ** 2, 1); setInterval(() => held.length, 1000);' +
           ${JSON.stringify(busy)} + 'console.log(1)']);
         await new Promise((resolve) => child.stdout.once('data', resolve));`,
      );
      await vi.waitFor(async () => {
        const after = await usage(ref);
        expect(after.memoryBytes - before.memoryBytes).toBeGreaterThan(75 * mebibyte);
        expect(after.cpuSeconds - before.cpuSeconds).toBeGreaterThan(busyAtLeast);
      }, patience);
    });

    it('begins again with the next process, whose restarts are counted', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(ref, busy.replace('350_000', '1_000_000'));
      const before = await usage(ref);
      expect(before.cpuSeconds).toBeGreaterThan(0.9);
      await scene.tell(ref, 'setTimeout(() => process.exit(3), 50)');
      await scene.becomes(ref, { ready: true, restarts: 1 });
      const after = await usage(ref);
      expect(after.restarts).toBe(1);
      expect(after.cpuSeconds).toBeLessThan(before.cpuSeconds);
    });

    it('is nothing while none runs', async (test) => {
      const ref = await scene.start(test);
      await scene.rest(ref);
      expect(await scene.inside.usage(ref, never)).toBeNull();
    });
  });
}
