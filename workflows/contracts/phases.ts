/** The words of the design, used alike in tables, routes, events, pages and workflows. */

export const InstancePhase = {
  Provisioning: 'Provisioning',
  Starting: 'Starting',
  Running: 'Running',
  Updating: 'Updating',
  Stopping: 'Stopping',
  Stopped: 'Stopped',
  Degraded: 'Degraded',
  Misconfigured: 'Misconfigured',
  Failed: 'Failed',
  Unknown: 'Unknown',
  Deleting: 'Deleting',
  Deleted: 'Deleted',
} as const;
export type InstancePhase = (typeof InstancePhase)[keyof typeof InstancePhase];

export const OperationPhase = {
  Accepted: 'Accepted',
  Running: 'Running',
  Compensating: 'Compensating',
  Succeeded: 'Succeeded',
  Failed: 'Failed',
  Cancelled: 'Cancelled',
  Superseded: 'Superseded',
} as const;
export type OperationPhase = (typeof OperationPhase)[keyof typeof OperationPhase];

/** While an operation is in one of these it holds the lock on its subject. */
export const activeOperationPhases = ['Accepted', 'Running', 'Compensating'] as const satisfies OperationPhase[];

export const isActive = (phase: OperationPhase): boolean => activeOperationPhases.some((active) => active === phase);

export const StepState = {
  Running: 'Running',
  Waiting: 'Waiting',
  Succeeded: 'Succeeded',
  Failed: 'Failed',
} as const;
export type StepState = (typeof StepState)[keyof typeof StepState];

export const Power = { On: 'on', Off: 'off' } as const;
export type Power = (typeof Power)[keyof typeof Power];

export const RolloutPhase = {
  /** Booked; the agent's own program still checks what it brings. */
  Pending: 'Pending',
  Progressing: 'Progressing',
  /** Always with a reason. */
  Paused: 'Paused',
  RollingBack: 'RollingBack',
  Succeeded: 'Succeeded',
  PartiallyFailed: 'PartiallyFailed',
  RolledBack: 'RolledBack',
  Aborted: 'Aborted',
  Failed: 'Failed',
} as const;
export type RolloutPhase = (typeof RolloutPhase)[keyof typeof RolloutPhase];

export const openRolloutPhases = ['Pending', 'Progressing', 'Paused', 'RollingBack'] as const satisfies RolloutPhase[];

export const isOpenRollout = (phase: RolloutPhase): boolean => openRolloutPhases.some((open) => open === phase);

export const PauseReason = {
  Requested: 'requested',
  /** The wave asks for a person before the next one. */
  WavePassed: 'wave-passed',
  AnalysisFailed: 'analysis-failed',
  AnalysisInconclusive: 'analysis-inconclusive',
  FailureBudget: 'failure-budget',
  Deadline: 'deadline',
  OutsideWindow: 'outside-window',
  /** Rolling an image back would lose what the instance has done since. */
  StateDiverged: 'state-diverged',
  RightsLost: 'rights-lost',
  /** A person ended it: nothing begins any more, and what is under way comes to its end. */
  Aborting: 'aborting',
} as const;
export type PauseReason = (typeof PauseReason)[keyof typeof PauseReason];

export const WavePhase = {
  Pending: 'Pending',
  Updating: 'Updating',
  Baking: 'Baking',
  /** Waits for a decision: its analysis failed or was inconclusive, or it asks for a person. */
  Judged: 'Judged',
  Passed: 'Passed',
  Failed: 'Failed',
} as const;
export type WavePhase = (typeof WavePhase)[keyof typeof WavePhase];

export const TargetPhase = {
  Pending: 'Pending',
  /** Another operation has the instance. */
  Waiting: 'Waiting',
  Updating: 'Updating',
  Updated: 'Updated',
  Failed: 'Failed',
  /** Not touched, and never will be by this rollout; the error says why. */
  Skipped: 'Skipped',
  RollingBack: 'RollingBack',
  RolledBack: 'RolledBack',
  RollbackFailed: 'RollbackFailed',
} as const;
export type TargetPhase = (typeof TargetPhase)[keyof typeof TargetPhase];
