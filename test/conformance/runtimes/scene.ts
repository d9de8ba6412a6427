import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, vi, type TestContext } from 'vitest';
import type {
  Fence,
  InstanceRef,
  ObservedInstance,
  RuntimeCapabilities,
  TenantSpace,
  WorkloadSpec,
} from '../../../activities/runtimes/runtime.ts';
import type { Inside } from '../../../activities/runtimes/inside.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { agentPort, buildSpec } from './agent.ts';
import type { RuntimeHarness, Site } from './harness.ts';
import { insisting } from './insisting.ts';

const gibibyte = 1024 ** 3;
export const patience = { timeout: 60_000, interval: 100 };
const clearingTimeoutMs = 120_000;
/** Above all that tests use, for what clears up behind them. */
const lastGeneration = 1_000;

export const buildFence = (generation: number, assertValid: () => void = () => undefined): Fence => ({
  operationId: `operation-${generation}`,
  generation,
  assertValid,
});

export const buildSpace = (tenantId: string): TenantSpace => ({
  tenantId,
  name: 'A tenant of the suite',
  generation: 1,
  quota: { cpuMillis: 4000, memoryBytes: 16 * gibibyte, storageBytes: 16 * gibibyte, instances: 40 },
});

export const buildRef = (tenantId: string, name = 'an instance'): InstanceRef => ({
  tenantId,
  projectId: randomUUID(),
  instanceId: randomUUID(),
  name,
});

export const never = new AbortController().signal;

type Change = Partial<WorkloadSpec>;

/** One tenant on one cluster, and what tests do there over and over. */
export interface Scene {
  readonly on: Site;
  readonly inside: Inside;
  /** An instance with power off, removed with the test. */
  place(test: TestContext, change?: Change, name?: string): Promise<InstanceRef>;
  /** The same, and its agent is ready. */
  start(test: TestContext, change?: Change, name?: string): Promise<InstanceRef>;
  observe(ref: InstanceRef): Promise<ObservedInstance>;
  becomes(ref: InstanceRef, wanted: Partial<ObservedInstance>): Promise<void>;
  /** Powers off, gently, and waits until no agent is left. */
  rest(ref: InstanceRef, generation?: number): Promise<void>;
  /** Powers on and waits until the agent is ready. */
  wake(ref: InstanceRef, generation?: number): Promise<void>;
  /** Lets the agent do something: the body of an async function, see `agent.ts`. */
  tell<T>(ref: InstanceRef, code: string): Promise<T>;
  /** What the agent was given: its secret and its configuration. */
  ask(ref: InstanceRef): Promise<{ secret: string; files: Record<string, string> }>;
  /** The agents that have written into this state, one after the other, each of them once; fails where two overlapped. */
  agentsInTurn(ref: InstanceRef): Promise<string[]>;
}

export function openScene(harness: RuntimeHarness): Scene {
  let site: Site | undefined;
  beforeAll(async () => {
    site = await startSite(harness);
    await site.runtime.ensureTenantSpace(buildSpace(site.tenantId), buildFence(1), never);
  }, 120_000);
  afterAll(() => site?.stop(), 120_000);

  const onSite = (): Site => {
    if (!site) throw new Error('The place for the tests has not been prepared');
    return site;
  };
  const scene: Scene = {
    get on() {
      return onSite();
    },
    get inside() {
      const { inside } = onSite().runtime;
      if (!inside) throw new Error('This driver gives no way inside');
      return inside;
    },
    async place(test, change, name) {
      const { runtime, tenantId } = onSite();
      const ref = buildRef(tenantId, name);
      test.onTestFinished(() => clearUp(scene, ref), clearingTimeoutMs);
      await runtime.ensureInstance(ref, buildSpec(onSite(), change), buildFence(1), never);
      return ref;
    },
    async start(test, change, name) {
      const ref = await scene.place(test, change, name);
      await scene.wake(ref, 1);
      return ref;
    },
    observe: (ref) => onSite().runtime.observe(ref, never),
    async becomes(ref, wanted) {
      await vi.waitFor(async () => expect(await scene.observe(ref)).toMatchObject(wanted), patience);
    },
    async rest(ref, generation = 1) {
      await onSite().runtime.power(ref, 'off', buildFence(generation), never);
      await scene.becomes(ref, { power: 'off', processPresent: false });
      expect(await onSite().agentsOf(ref)).toBe(0);
    },
    async wake(ref, generation = 1) {
      await onSite().runtime.power(ref, 'on', buildFence(generation), never);
      await scene.becomes(ref, { power: 'on', ready: true, current: true });
    },
    async tell<T>(ref: InstanceRef, code: string) {
      const request = { method: 'POST' as const, path: '/run', body: code, timeoutMs: 30_000 };
      const { status, body } = await onSite().runtime.reach(ref, agentPort, request, never);
      if (status !== 200) throw new Error(`The agent could not do that: ${body}`);
      return JSON.parse(body) as T;
    },
    async ask(ref) {
      const request = { method: 'GET' as const, path: '/', timeoutMs: 10_000 };
      return JSON.parse((await onSite().runtime.reach(ref, agentPort, request, never)).body) as never;
    },
    async agentsInTurn(ref) {
      const journal = await scene.tell<string>(ref, 'return fs.readFileSync(journal, "utf8")');
      const writers = journal
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0] as string);
      const turns = writers.filter((writer, index) => writer !== writers[index - 1]);
      expect(turns).toEqual([...new Set(turns)]);
      return turns;
    },
  };
  return scene;
}

async function clearUp({ on, becomes }: Scene, ref: InstanceRef): Promise<void> {
  const fence = buildFence(lastGeneration);
  await on.runtime.kill(ref, fence, never);
  await becomes(ref, { processPresent: false });
  await on.runtime.removeInstance(ref, fence, never);
  await on.runtime.removeVolume(ref, fence, never);
}

export async function startSite(harness: RuntimeHarness): Promise<Site> {
  const site = await harness.start();
  const { severable } = site;
  return {
    tenantId: site.tenantId,
    runs: site.runs,
    agentsOf: (ref) => site.agentsOf(ref),
    remains: () => site.remains(),
    stop: () => site.stop(),
    runtime: insisting(site.runtime),
    successor: async () => insisting(await site.successor()),
    severable:
      severable &&
      (async () => {
        const { runtime, cut } = await severable();
        return { runtime: insisting(runtime), cut };
      }),
  };
}

/** The code of the problem that it ends with, `done` where it does not: for many attempts in one expectation. */
export const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );

/** For what only some drivers promise: the others skip it, and say why. */
export function skipUnless(
  test: TestContext,
  { on }: Scene,
  promises: (capabilities: RuntimeCapabilities) => boolean,
  why: string,
): void {
  test.skip(!promises(on.runtime.capabilities), why);
}
