import { setTimeout as sleep } from 'node:timers/promises';
import type { Runtime } from '../../../activities/runtimes/runtime.ts';
import { Problem } from '../../../workflows/contracts/problem.ts';

/** All that can be called again as it was: what takes a stream is not among them. */
const repeatable = [
  'ensureTenantSpace',
  'removeTenantSpace',
  'ensureInstance',
  'putConfiguration',
  'power',
  'restart',
  'kill',
  'removeInstance',
  'removeVolume',
  'observe',
  'compare',
  'removeOneShot',
] as const satisfies readonly (keyof Runtime)[];

const attempts = 20;
const pauseMs = 250;

/**
 * The driver as the product uses it: `cluster.unavailable` is worth another attempt. A busy machine, whose processes
 * stand still for a second, is no fault of a driver.
 */
export function insisting(runtime: Runtime): Runtime {
  const isRepeatable = (name: string | symbol): boolean => (repeatable as readonly (string | symbol)[]).includes(name);
  return new Proxy(runtime, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = (...given: unknown[]): unknown => Reflect.apply(value, target, given);
      return isRepeatable(name) ? (...given: unknown[]) => insist(() => call(...given) as Promise<unknown>) : call;
    },
  });
}

async function insist(attempt: () => Promise<unknown>): Promise<unknown> {
  for (let made = 1; ; made += 1) {
    try {
      return await attempt();
    } catch (error) {
      const isWorthIt = error instanceof Problem && error.code === 'cluster.unavailable';
      if (!isWorthIt || made === attempts) throw error;
    }
    await sleep(pauseMs);
  }
}
