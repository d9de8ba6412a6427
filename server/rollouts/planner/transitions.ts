import { PauseReason, RolloutPhase, WavePhase } from '../../../workflows/contracts/phases.ts';
import { needsForce } from './controls.ts';

/** Where a rollout stands after a decision, be it a person's or a rule's. */
export interface Course {
  phase: RolloutPhase;
  pauseReason: PauseReason | null;
}

export const paused = (pauseReason: PauseReason): Course => ({ phase: RolloutPhase.Paused, pauseReason });

/** Nothing begins any more, for good. */
export const aborted: Course = paused(PauseReason.Aborting);

export const goingOn: Course = { phase: RolloutPhase.Progressing, pauseReason: null };

export const goingBack: Course = { phase: RolloutPhase.RollingBack, pauseReason: null };

/** Where it was before its pause. */
export function resumed({ isGoingBack, isChecked }: { isGoingBack: boolean; isChecked: boolean }): Course {
  if (isGoingBack) return goingBack;
  return isChecked ? goingOn : { phase: RolloutPhase.Pending, pauseReason: null };
}

export interface Promotable extends Course {
  currentWave: number;
  waveCount: number;
  /** Of the current wave; null before the first. */
  wavePhase: WavePhase | null;
}

export interface Promotion {
  course: Course;
  currentWave: number;
  /** What becomes of the wave that was current: it passes, or its bake is over and it is judged; null: neither. */
  wave: 'passes' | 'is-judged' | null;
  /** The person overrules the platform, which is to be kept. */
  isForced: boolean;
}

/**
 * What a person's promotion means, where `takes` allows one. A wave that bakes is judged now, with force passed unjudged;
 * a failed analysis or an exceeded budget gives way to force only. Past a budget the wave itself goes on.
 * @returns null where it needs force
 */
export function promoted(rollout: Promotable, { force }: { force: boolean }): Promotion | null {
  const { phase, pauseReason, currentWave, waveCount, wavePhase } = rollout;
  const overrules = needsForce({ phase, pauseReason });
  if (overrules && !force) return null;
  const isBaking = wavePhase === WavePhase.Baking;
  const promotion = { course: goingOn, currentWave, isForced: force && (overrules || isBaking) };
  if (pauseReason === PauseReason.FailureBudget) return { ...promotion, wave: null };
  if (isBaking && !force) return { ...promotion, wave: 'is-judged' };
  // The next one is named, so that the engine begins it; after the last one it ends the rollout.
  return { ...promotion, wave: 'passes', currentWave: Math.min(currentWave + 1, waveCount) };
}
