import type { PauseReason, RolloutPhase, TargetPhase, WavePhase } from '../../../workflows/contracts/phases.ts';
import type { AnalysisResult, WavePlan } from '../rollout.types.ts';

/** Targets by phase; every phase is named. */
export type TargetCounts = Readonly<Record<TargetPhase, number>>;

export interface WaveState {
  number: number;
  phase: WavePhase;
  plan: Pick<WavePlan, 'concurrency' | 'bakeSeconds' | 'analysis' | 'then'>;
  counts: TargetCounts;
  /** Of the `Failed` ones: those whose instance still stands at the revision that the rollout brought. */
  stranded: number;
  /** Of the `Waiting` ones: those that would lose newer work by going back, which nobody has agreed to. */
  diverged: number;
  bakeUntil: Date | null;
  analysis: AnalysisResult | null;
  /** A person has overruled the wave (see `rollouts.forced_waves`): its failures no longer count into the budget. */
  forced: boolean;
}

/** All that the next step of a rollout follows from. */
export interface RolloutState {
  phase: RolloutPhase;
  pauseReason: PauseReason | null;
  /** 0 before the first. One that is still `Pending` was named by a promotion: it is to begin. */
  currentWave: number;
  /** In order; wave `n` is at `n - 1`. */
  waves: readonly WaveState[];
  failureBudget: number;
  onBudgetExceeded: 'pause' | 'rollback';
  deadlineAt: Date | null;
  /** Whether a maintenance window is open now; true where there is none. */
  inWindow: boolean;
}

/**
 * The one next step. `begin`, `bake`, `pass`, `pause`, `resume`, `begin-rollback` and `end` only change the rollout's own
 * rows: whoever carries them out may ask again at once, in the same transaction.
 */
export type Decision =
  /** Have what it brings checked; nothing is touched before. */
  | { do: 'check' }
  /** The wave becomes the current one, its phase `Updating`. */
  | { do: 'begin'; wave: number }
  /** Operations for up to so many of the wave's `Pending` and `Waiting` targets, in their order. */
  | { do: 'start'; wave: number; atMost: number }
  /** Nothing before an operation ends, a person acts, or (where it is known) this time. */
  | { do: 'wait'; until: Date | null }
  /** The wave's last target has ended: phase `Baking`, `updatedAt` now, `bakeUntil` as said. */
  | { do: 'bake'; wave: number; until: Date }
  /** Measure, write `analysis`; phase `Judged`, whatever the verdict. */
  | { do: 'judge'; wave: number }
  /** Phase `Passed`. */
  | { do: 'pass'; wave: number }
  | { do: 'pause'; reason: PauseReason }
  /** A pause that ends by itself: the maintenance window is open again. */
  | { do: 'resume' }
  /** Phase `RollingBack`; the current wave's phase `Failed`. */
  | { do: 'begin-rollback'; reason: Extract<PauseReason, 'analysis-failed' | 'failure-budget'> }
  /** Undo operations for up to so many of the wave's `Updated` and stranded targets. */
  | { do: 'roll-back'; wave: number; atMost: number }
  | { do: 'end'; phase: Extract<RolloutPhase, 'Succeeded' | 'PartiallyFailed' | 'RolledBack' | 'Aborted' | 'Failed'> };
