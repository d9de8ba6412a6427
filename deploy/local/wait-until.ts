import { setTimeout as delay } from 'node:timers/promises';

/**
 * Repeats `attempt` until it succeeds.
 * @throws the last error once `timeoutMs` is over, or the signal's reason as soon as it is aborted
 */
export async function waitUntil<Result>(
  attempt: () => Promise<Result>,
  { timeoutMs, everyMs = 100, signal }: { timeoutMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<Result> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(everyMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
