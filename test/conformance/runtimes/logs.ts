import { describe, expect, it, vi } from 'vitest';
import type { InstanceRef } from '../../../activities/runtimes/runtime.ts';
import type { LogLine } from '../../../activities/runtimes/inside.ts';
import { buildFence, never, patience, type Scene } from './scene.ts';

export function describeLogs(scene: Scene): void {
  describe('the output of an agent', () => {
    const follow = (ref: InstanceRef, lines: number, inside = scene.inside) => {
      const stop = new AbortController();
      const heard: LogLine[] = [];
      const read = async (): Promise<void> => {
        for await (const line of inside.followLogs(ref, { lines }, stop.signal)) heard.push(line);
      };
      const reading = read();
      const texts = () => heard.map(({ text }) => text);
      return {
        heard,
        texts,
        hears: (text: string) => vi.waitFor(() => expect(texts()).toContain(text), patience),
        end: async () => {
          stop.abort();
          await reading;
        },
      };
    };
    const print = (ref: InstanceRef, from: number, to: number): Promise<void> =>
      scene.tell(ref, `for (let n = ${from}; n <= ${to}; n += 1) console.log('line ' + n)`);

    it('is told by its newest lines, of both kinds, whatever is in them', async (test) => {
      const ref = await scene.start(test);
      await scene.tell(
        ref,
        'console.log("first"); console.log("ü 漢 😀 \\u001b[31m %s"); console.error("of an error")',
      );
      const { runtime } = scene.on;
      await vi.waitFor(async () => {
        const lines = await runtime.tailLogs(ref, 3, never);
        expect(lines.toSorted()).toEqual(['first', 'of an error', 'ü 漢 😀 \u001b[31m %s'].toSorted());
      }, patience);
      expect(await runtime.tailLogs(ref, 100, never)).toContain('listening');
    });

    it('is none where there never was a process', async (test) => {
      const ref = await scene.place(test);
      expect(await scene.on.runtime.tailLogs(ref, 10, never)).toEqual([]);
    });

    it('is followed from its newest lines on, in order, with times where there are any', async (test) => {
      const ref = await scene.start(test);
      await print(ref, 1, 5);
      await vi.waitFor(
        async () => expect(await scene.on.runtime.tailLogs(ref, 1, never)).toEqual(['line 5']),
        patience,
      );
      const following = follow(ref, 2);
      await following.hears('line 5');
      await print(ref, 6, 200);
      await following.hears('line 200');
      expect(following.texts()).toEqual(Array.from({ length: 197 }, (_, index) => `line ${index + 4}`));
      for (const { at } of following.heard) if (at !== null) expect(Date.parse(at)).not.toBeNaN();
      await following.end();
    });

    it('is followed from the present on where no line of before is wanted', async (test) => {
      const ref = await scene.start(test);
      const following = follow(ref, 0);
      // It has no sign of its own beginning: a line that it hears shows that it has begun.
      let number = 0;
      await vi.waitFor(async () => {
        await print(ref, ++number, number);
        expect(following.texts().length).toBeGreaterThan(0);
      }, patience);
      expect(following.texts()).not.toContain('listening');
      await following.end();
    });

    it('goes on with the next process, each line once', async (test) => {
      const ref = await scene.start(test);
      const following = follow(ref, 100);
      await following.hears('listening');
      await print(ref, 1, 3);
      await following.hears('line 3');
      await scene.on.runtime.restart(ref, 'token-1', buildFence(2), never);
      await scene.becomes(ref, { ready: true, current: true, generation: 2 });
      await print(ref, 4, 6);
      await following.hears('line 6');
      await scene.tell(ref, 'setTimeout(() => process.exit(3), 50)');
      await scene.becomes(ref, { ready: true, restarts: 1 });
      await print(ref, 7, 9);
      await following.hears('line 9');
      const numbered = following.texts().filter((text) => text.startsWith('line '));
      expect(numbered).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `line ${n}`));
      expect(following.texts().filter((text) => text === 'listening')).toHaveLength(3);
      await following.end();
    });

    it('waits for a first process, and ends while it waits', async (test) => {
      const ref = await scene.place(test);
      const [waiting, inVain] = [follow(ref, 10), follow(ref, 10)];
      await inVain.end();
      await scene.wake(ref);
      await waiting.hears('listening');
      await waiting.end();
      expect(inVain.texts()).toEqual([]);
    });

    it('is taken up again after a lost connection, with no line twice and none missing', async (test) => {
      const severable = await scene.on.severable?.();
      test.skip(!severable, 'there is no connection to lose');
      const ref = await scene.start(test);
      const following = follow(ref, 0, severable?.runtime.inside ?? undefined);
      let early = 0;
      await vi.waitFor(async () => {
        await scene.tell(ref, `console.log('early ${++early}')`);
        expect(following.texts().length).toBeGreaterThan(0);
      }, patience);
      await scene.tell(
        ref,
        'let n = 0; const timer = setInterval(() => { console.log("line " + ++n); if (n === 60) clearInterval(timer) }, 20)',
      );
      await following.hears('line 10');
      await severable?.cut();
      await following.hears('line 60');
      const numbered = following.texts().filter((text) => text.startsWith('line '));
      expect(numbered).toEqual(Array.from({ length: 60 }, (_, index) => `line ${index + 1}`));
      await following.end();
    });
  });
}
