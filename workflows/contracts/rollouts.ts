import type { RolloutPhase } from './phases.ts';

/**
 * A rollout takes many instances through the same operation that a single change uses, in waves. Its workflow holds no
 * state of its own: the rows are the truth, `advance` moves them, a wake tells it to look now.
 */

export const RolloutKind = {
  /** To a published version of a config template. */
  Configuration: 'configuration',
  /** To another agent version. */
  Image: 'image',
  /** Back to a revision that each target had before. */
  Rollback: 'rollback',
  Start: 'start',
  Stop: 'stop',
  Restart: 'restart',
} as const;
export type RolloutKind = (typeof RolloutKind)[keyof typeof RolloutKind];

/** Input of the rollout workflow: ids only. */
export interface RolloutInput {
  rolloutId: string;
  tenantId: string;
}

export const rolloutWorkflowType = 'rollOut';

export const rolloutWorkflowIdOf = (rolloutId: string): string => `rollout/${rolloutId}`;

/** Somebody has changed the rollout's row; lossy on purpose, as the next look finds it anyway. */
export const wakeSignal = 'wake';

/** What `advance` leaves to the workflow. */
export interface Advanced {
  /**
   * `unchecked`: the check comes first. `moving`: call again at once. `idle`: nothing to do before `waitMs` or a wake.
   * `ended`: the rollout is over.
   */
  state: 'unchecked' | 'moving' | 'idle' | 'ended';
  waitMs: number;
  /** Of the rollout, for the search in Temporal UI; left out by workers of before there was one. */
  phase?: RolloutPhase;
  /** For the person in Temporal UI, such as `wave 2 of 4: 31 of 100 updated, 0 failed`. */
  details: string;
}

/** Activities of the rollout workflow; idempotent, each may be repeated at any point. */
export interface RolloutSteps {
  /** Every distinct configuration that the rollout brings, checked by the agent versions' own programs. */
  checkRollout(input: RolloutInput): Promise<void>;
  /** Works for up to half a minute: starts operations up to the window, reads their ends, judges waves. */
  advanceRollout(input: RolloutInput): Promise<Advanced>;
  /** Ends a rollout whose check failed, or whose run cannot go on. */
  failRollout(input: RolloutInput, error: { code: string; detail: string }): Promise<void>;
}
