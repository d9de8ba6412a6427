/** Looked at this often; a longer gap between two looks means that the process was stopped in between. */
const lookEveryMs = 200;
const longestGapMs = 1_000;

let lookedAtMs = performance.now();
let resumedAtMs = Number.NEGATIVE_INFINITY;

/**
 * When this process last went on after it had been stopped for a second or more, by `performance.now()`. True also at
 * the very first look after it goes on: whatever was prepared before that moment may have been overtaken meanwhile.
 */
export function lastResumedAtMs(): number {
  const nowMs = performance.now();
  if (nowMs - lookedAtMs > longestGapMs) resumedAtMs = nowMs;
  lookedAtMs = nowMs;
  return resumedAtMs;
}

setInterval(lastResumedAtMs, lookEveryMs).unref();
