import type { AnalysisMetric } from '../rollout.types.ts';

/** One number of the updated targets beside the same of those not yet updated. */
export interface Measure {
  /** Null where there is nothing to measure. */
  value: number | null;
  /** Calls or targets that the value rests on. */
  sample: number;
  baseline: number | null;
  baselineSample: number;
  /** Why there is no value, where that needs words. */
  problem?: string;
}

/**
 * What an analysis rests on, read once.
 *
 * - `ready-seconds`: 95th percentile of the time from accepting a target's operation to its success, of this wave
 *   against the waves before it.
 * - `restarts`: restarts for each target since `noteRestarts`, of all updated targets against those not begun.
 * - `not-ready`: share (0 to 1) of the agents that should run and are not ready when it is read, of all updated targets
 *   against those not begun; where a cluster does not answer, its agents are no part of it.
 * - `refused`, `failed`: targets of this wave; there is nothing to compare them with.
 * - `error-rate`: failed model calls as a share of all (0 to 1), `cost-per-call`: US dollars for each successful call,
 *   `tokens-per-call`: tokens in and out for each; all of the updated targets against those not begun, in the period.
 */
export interface RolloutMeasures {
  at: Date;
  metrics: Record<AnalysisMetric, Measure>;
  /** By query; filled in by `measurePrometheus`. */
  prometheus: Readonly<Record<string, Measure>>;
  /** Ids of the instances that were updated so far, and of those not begun. */
  updated: readonly string[];
  untouched: readonly string[];
}

export const nothingMeasured: Measure = { value: null, sample: 0, baseline: null, baselineSample: 0 };
