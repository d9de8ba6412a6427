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
