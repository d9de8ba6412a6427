import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is yes.
 * @param what completes the sentence "… within 60 s"
 * @param check may throw an error to end the waiting
 */
export async function waitUntil(
  what: string,
  check: () => Promise<boolean> | boolean,
  options: { timeoutMs: number; intervalMs?: number; signal?: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await check()) return;
    if (performance.now() > deadline) throw new Error(`${what} within ${Math.round(options.timeoutMs / 1000)} s`);
    await sleep(options.intervalMs ?? 150, undefined, { signal: options.signal });
  }
}
