import type { Script } from './script.ts';

/** What a process has used since its start; grows with time, by the script. */
export class Usage {
  callsSucceeded = 0;
  callsFailed = 0;
  tokensIn = 0;
  tokensOut = 0;
  costMicros = 0;
  #accruedMs: number;

  constructor(sinceMs: number) {
    this.#accruedMs = sinceMs;
  }

  accrue({ callsPerMinute, errorShare, tokensPerCall, costMicrosPerCall }: Script, nowMs = Date.now()): void {
    const calls = (callsPerMinute * (nowMs - this.#accruedMs)) / 60_000;
    this.#accruedMs = nowMs;
    this.callsFailed += calls * errorShare;
    const succeeded = calls * (1 - errorShare);
    this.callsSucceeded += succeeded;
    this.tokensIn += succeeded * tokensPerCall * 0.75;
    this.tokensOut += succeeded * tokensPerCall * 0.25;
    this.costMicros += succeeded * costMicrosPerCall;
  }
}
