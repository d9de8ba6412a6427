/** The client of the storage has no clock of its own: a transfer in which nothing moves for so long is given up. */
export interface StallClock {
  /** Aborted when nothing has moved for too long. */
  stalled: AbortSignal;
  moved(): void;
  stop(): void;
}

export function stallClock(afterMs: number): StallClock {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException('Nothing moved any more', 'TimeoutError')), afterMs);
  return {
    stalled: controller.signal,
    moved: () => void timer.refresh(),
    stop: () => clearTimeout(timer),
  };
}
