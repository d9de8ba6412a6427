import { describe, expect, it, vi } from 'vitest';
import type { Errand, OneShot } from '../../../activities/runtimes/runtime.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { buildJob } from './agent.ts';
import { buildFence, codeOf, never, patience, skipUnless, type Scene } from './scene.ts';

const errand: Errand = { ...buildFence(1), imagePatienceMs: 5_000 };
const endless = 'console.log("begun"); setInterval(() => {}, 1000)';

export function describeOneShots(scene: Scene): void {
  describe('a short process', () => {
    const run = (code: string, change: Partial<OneShot> = {}, signal: AbortSignal = never) =>
      scene.on.runtime.runOnce(buildJob(scene.on, code, change), errand, signal);
    /** Traces tell no names that people chose: those of this test are the ones that came after it had begun. */
    const traces = async () => {
      const { runtime, tenantId } = scene.on;
      return (await runtime.listOneShots(never)).filter((trace) => trace.tenantId === tenantId);
    };
    const reads = 'console.log(require("node:fs").readFileSync(process.env.FILES + "/a.json", "utf8"));';

    it('gives exit code and output, with its files and its environment', async () => {
      const environment = { HOSTILE: '$(x) ${HOME} %s \'"\n😀' };
      const code = `${reads} console.error(JSON.stringify(process.env.HOSTILE)); process.exitCode = 3`;
      const { exitCode, output } = await run(code, { name: 'reads', environment });
      expect(exitCode).toBe(3);
      expect(output.split('\n').toSorted()).toEqual(['{"a":1}', JSON.stringify(environment.HOSTILE)].toSorted());
    });

    it('of one name and content is one, also for two that ask at once', async () => {
      const name = 'validate /../ "Configuration" $(x)\n😀';
      const asked = [{ name }, { name }, { name, environment: { COLOUR: 'red' } }];
      const results = await Promise.all(asked.map((change) => run(`${reads} process.exitCode = 3`, change)));
      expect(results).toEqual(asked.map(() => ({ exitCode: 3, output: '{"a":1}' })));
    });

    it('ends with its time, and when nobody wants it any more, and leaves nothing', async () => {
      const late = run(endless, { name: 'late', timeoutMs: 3000 });
      await expect(late).rejects.toMatchObject({ code: 'agent.not-ready' });
      const unwanted = AbortSignal.timeout(1500);
      await expect(run(endless, { name: 'unwanted' }, unwanted)).rejects.toMatchObject({ name: 'TimeoutError' });
      await vi.waitFor(async () => {
        const names = await scene.on.remains();
        expect(names.filter((name) => /late|unwanted/.test(name))).toEqual([]);
      }, patience);
    });

    it('is listed for its operation, and removed for good, by whoever finds it', async (test) => {
      const operationId = `operation-of-${test.task.id}`;
      const unwanted = new AbortController();
      const job = buildJob(scene.on, endless, { name: 'left behind' });
      const lost: Errand = {
        operationId,
        imagePatienceMs: 5000,
        assertValid: () => {
          if (unwanted.signal.aborted) throw new Problem('operation.superseded');
        },
      };
      const running = scene.on.runtime.runOnce(job, lost, unwanted.signal);
      const outcome = codeOf(running);
      const ours = async () => (await traces()).filter((trace) => trace.operationId === operationId);
      await vi.waitFor(async () => expect(await ours()).toHaveLength(1), patience);
      // Who has lost the right to write leaves it to the observer.
      unwanted.abort();
      expect(await outcome).toMatch(/AbortError|superseded/);
      const [trace] = await ours();
      if (!trace) throw new Error('It was removed by an attempt without the right to');
      expect(Math.abs(Date.parse(trace.createdAt) - Date.now())).toBeLessThan(60_000);
      const other = await scene.on.successor();
      await other.removeOneShot({ ...trace, uid: '00000000-0000-4000-8000-000000000000' }, buildFence(1), never);
      expect(await ours()).toHaveLength(1);
      await other.removeOneShot(trace, buildFence(1), never);
      await vi.waitFor(async () => expect(await ours()).toEqual([]), patience);
      await other.removeOneShot(trace, buildFence(1), never);
    });

    it('says when its image cannot be had', async (test) => {
      skipUnless(test, scene, ({ runsFrom }) => runsFrom === 'image', 'there are no images here');
      for (const image of ['registry.invalid/none:1', 'UPPER/Case:1']) {
        await expect(run(reads, { name: 'no image', image, timeoutMs: 5000 })).rejects.toMatchObject({
          code: 'agent.image-unavailable',
        });
      }
    });
  });
}
