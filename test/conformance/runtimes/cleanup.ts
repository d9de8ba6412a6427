import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { buildJob, buildSpec } from './agent.ts';
import type { RuntimeHarness, Site } from './harness.ts';
import { startSite, buildFence, buildRef, codeOf, buildSpace, never, patience } from './scene.ts';

export function describeCleanup(harness: RuntimeHarness): void {
  describe('a tenant’s space', () => {
    let on: Site | undefined;
    beforeAll(async () => {
      on = await startSite(harness);
    }, 120_000);
    afterAll(() => on?.stop(), 120_000);

    it('is made once, told of, and removed with all that is in it, agents too', async () => {
      if (!on) throw new Error('The place for the test has not been prepared');
      const { runtime, tenantId } = on;
      const before = await on.remains();
      for (const _ of [1, 2]) await runtime.ensureTenantSpace(buildSpace(tenantId), buildFence(1), never);
      expect(await runtime.listTenantSpaces(never)).toContain(tenantId);
      expect((await runtime.ping(never)).version).toMatch(/\d/);

      const refs = [buildRef(tenantId), buildRef(tenantId), buildRef(tenantId)];
      for (const ref of refs) await runtime.ensureInstance(ref, buildSpec(on), buildFence(1), never);
      for (const ref of refs.slice(0, 2)) await runtime.power(ref, 'on', buildFence(1), never);
      const [first, second, third] = refs as [(typeof refs)[0], (typeof refs)[0], (typeof refs)[0]];
      await vi.waitFor(async () => expect((await runtime.observe(first, never)).ready).toBe(true), patience);
      const unwanted = new AbortController();
      const assertValid = (): void => {
        if (unwanted.signal.aborted) throw new Problem('operation.superseded');
      };
      const errand = { ...buildFence(1, assertValid), imagePatienceMs: 5000 };
      const job = buildJob(on, 'setInterval(() => {}, 1000)');
      const outcome = codeOf(runtime.runOnce(job, errand, unwanted.signal));
      await vi.waitFor(async () => expect(await runtime.listOneShots(never)).not.toEqual([]), patience);
      unwanted.abort();
      expect(await outcome).toMatch(/AbortError|superseded/);
      await runtime.removeInstance(third, buildFence(2), never);

      await runtime.removeTenantSpace(tenantId, buildFence(3), never);
      for (const ref of [first, second, third]) {
        expect(await on.agentsOf(ref)).toBe(0);
        expect(await runtime.observe(ref, never)).toMatchObject({ exists: false, volumePresent: false });
      }
      expect(await on.remains()).toEqual(before);
      expect(await runtime.listTenantSpaces(never)).not.toContain(tenantId);
      await runtime.removeTenantSpace(tenantId, buildFence(3), never);
    });
  });
}
