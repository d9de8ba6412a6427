import { liveState } from './live-events.ts';

interface Pace {
  /** Something shown is on its way to another state. */
  moving: boolean;
  movingMs?: number;
}

/**
 * How soon to ask again, as a function of what is shown: soon while something moves (steps are not announced one by
 * one), not at all when all is settled and the live connection holds, and now and then when it does not.
 */
export function pollMs({ moving, movingMs = 2_000 }: Pace): number | false {
  if (moving) return movingMs;
  return liveState.isLive.value ? false : 10_000;
}
