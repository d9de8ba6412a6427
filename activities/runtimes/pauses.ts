/** Looked at this often; a longer gap between two looks means that the process was stopped in between. */
const lookEveryMs = 200;
/** A loaded machine keeps a process waiting for a second now and then, which is no stop. */
const longestGapMs = 3_000;

let lookedAtMs = performance.now();
let resumedAtMs = Number.NEGATIVE_INFINITY;

/**
 * When this process last went on after it had been stopped for seconds, by `performance.now()`. True also at
 * the very first look after it goes on: whatever was prepared before that moment may have been overtaken meanwhile.
 */
export function lastResumedAtMs(): number {
  const nowMs = performance.now();
  if (nowMs - lookedAtMs > longestGapMs) resumedAtMs = nowMs;
  lookedAtMs = nowMs;
  return resumedAtMs;
}

setInterval(lastResumedAtMs, lookEveryMs).unref();
