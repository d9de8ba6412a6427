import { setTimeout as sleep } from 'node:timers/promises';
import type { ObservedInstance } from '../../activities/runtimes/runtime.ts';
import type { Logger } from '../observability/logger.ts';
import { LeaseLost } from './lease.ts';

const retryMs = 1_000;
/** A change of an agent is several writes to its objects, one right after the other. */
const gatherMs = 150;

interface Waiting {
  observed: ObservedInstance;
  sinceMs: number;
}

/**
 * What has been seen and not yet written: at most one entry for each instance, the newest, so that a burst costs one
 * write and a thousand instances a bounded memory. Written one after the other.
 */
export class Observations {
  readonly #waiting = new Map<string, Waiting>();
  readonly #log: Logger;
  #wake = Promise.withResolvers<void>();
  #busySinceMs: number | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(observed: ObservedInstance): void {
    const sinceMs = this.#waiting.get(observed.instanceId)?.sinceMs ?? performance.now();
    this.#waiting.set(observed.instanceId, { observed, sinceMs });
    this.#wake.resolve();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** For how long the present write has been under way. */
  get stuckForMs(): number {
    return this.#busySinceMs === null ? 0 : performance.now() - this.#busySinceMs;
  }

  /** Writes until `signal` ends it. What could not be written is tried again. @throws LeaseLost */
  async drain(write: (observed: ObservedInstance) => Promise<void>, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake.resolve());
    while (!signal.aborted) {
      const [oldest] = this.#waiting.values();
      if (!oldest) {
        this.#wake = Promise.withResolvers();
        if (!signal.aborted) await this.#wake.promise;
        continue;
      }
      const restMs = oldest.sinceMs + gatherMs - performance.now();
      if (restMs > 0) {
        await sleep(restMs, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const { observed } = oldest;
      this.#waiting.delete(observed.instanceId);
      this.#busySinceMs = performance.now();
      try {
        await write(observed);
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        this.#log.warn({ instanceId: observed.instanceId, err: error }, 'an observation waits to be written');
        // Unless something newer has come in meanwhile.
        if (!this.#waiting.has(observed.instanceId)) this.add(observed);
        await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      } finally {
        this.#busySinceMs = null;
      }
    }
  }
}
