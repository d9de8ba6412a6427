import type { Fault, ProblemCode } from './problems.ts';
import type { InstanceOperationInput, TenantOperationInput } from './operations.ts';

/** An error as it travels between activity, workflow and the operation's row. */
export interface StepError {
  code: ProblemCode;
  detail: string;
  faults?: Fault[];
}

export interface Outcome {
  phase: 'Succeeded' | 'Failed' | 'Cancelled';
  error: StepError | null;
  /** Nothing of what the operation did remains: it was taken back, or it had not begun. */
  undone: boolean;
}

/** What an update means for the process that runs. */
export interface AppliedRevision {
  /** A process is wanted; false for a stopped instance. */
  running: boolean;
  /** The process that ran took it, and was ready after that: there is no readiness to wait for. Older runs have none. */
  ready?: boolean;
}

export interface SyncFindings {
  /** Wanted to run, so that readiness and proof are worth waiting for. */
  running: boolean;
}

/**
 * One activity for each step. All are idempotent, fenced by the operation's generation, and write their own row of
 * `operation_steps`. They fail with a code of the catalogue as `ApplicationFailure.type`.
 */
export interface InstanceSteps {
  /** The agent version's own program checks the rendered configuration, before anything is touched. */
  checkConfiguration(input: InstanceOperationInput): Promise<void>;
  /** Namespace, quota, limits and network openings of the tenant on this cluster. */
  ensureTenantSpace(input: InstanceOperationInput): Promise<void>;
  /** All objects of the operation's revision, powered off where they are new. */
  placeInstance(input: InstanceOperationInput): Promise<void>;
  powerOn(input: InstanceOperationInput): Promise<void>;
  powerOff(input: InstanceOperationInput): Promise<void>;
  restartProcess(input: InstanceOperationInput): Promise<void>;
  killProcess(input: InstanceOperationInput): Promise<void>;
  /** Brings a placed instance to the operation's revision: hot where the agent can, by a restart where it must. */
  applyRevision(input: InstanceOperationInput): Promise<AppliedRevision>;
  /** Compares desired and observed and writes what differs. */
  repairInstance(input: InstanceOperationInput): Promise<SyncFindings>;
  awaitReady(input: InstanceOperationInput): Promise<void>;
  awaitStopped(input: InstanceOperationInput): Promise<void>;
  /** Ends when the running agent says that exactly this configuration is live. */
  proveConfiguration(input: InstanceOperationInput): Promise<void>;
  removeInstance(input: InstanceOperationInput): Promise<void>;
  awaitRemoved(input: InstanceOperationInput): Promise<void>;
  removeVolume(input: InstanceOperationInput): Promise<void>;
  /** Undo of a creation: objects and the new volume. */
  undoPlacement(input: InstanceOperationInput): Promise<void>;
  /** Has the new version's image on the node before anything is touched. */
  prePullImage(input: InstanceOperationInput): Promise<void>;
  /** Ends when an older state may be put back: nothing new was done since its copy, or that may be lost. */
  checkDivergence(input: InstanceOperationInput): Promise<void>;
  /** Closed for new work, and none under way; the lease is kept until the process is gone. */
  suspendAgent(input: InstanceOperationInput): Promise<void>;
  /** Ends the suspended process, with power still wanted. */
  stopForCopy(input: InstanceOperationInput): Promise<void>;
  /** The state in object storage, read back and compared. Nothing is swapped without it. */
  backupState(input: InstanceOperationInput): Promise<void>;
  /** The state that the operation's revision goes with, back in the volume. */
  restoreState(input: InstanceOperationInput): Promise<void>;
  /** A sign of life of the new version that needs no model. */
  probeAgent(input: InstanceOperationInput): Promise<void>;
  /** Undo of a suspension. */
  resumeAgent(input: InstanceOperationInput): Promise<void>;
  /** Undo of a swap: image, configuration and state of before together. */
  restoreVersion(input: InstanceOperationInput): Promise<void>;
  /** Undo of a stop: what was there runs again, and is proven. */
  restartPrevious(input: InstanceOperationInput): Promise<void>;
  /** Undo of an update: the previous revision, live again. */
  restoreRevision(input: InstanceOperationInput): Promise<void>;
  /** Undo of a start. */
  undoPowerOn(input: InstanceOperationInput): Promise<void>;
  /** An agent that refuses its configuration is scaled to 0; its objects stay. */
  parkInstance(input: InstanceOperationInput): Promise<void>;
  /** Operation, instance, quota and event in one transaction. */
  settle(input: InstanceOperationInput | TenantOperationInput, outcome: Outcome): Promise<void>;
}

export interface TenantSteps {
  /** The tenant's space on every cluster that holds one of its instances. */
  syncTenantSpaces(input: TenantOperationInput): Promise<void>;
  removeTenantSpaces(input: TenantOperationInput): Promise<void>;
}

export type Steps = InstanceSteps & TenantSteps;

/** Short transactions within the workflow's own task; see `workflows/lib/at-hand.ts`. `settle` is one of them too. */
export interface StepsAtHand {
  /** The step `checkConfiguration` where its answer is known and good; false where the step has to be taken. */
  passKnownConfiguration(input: InstanceOperationInput): Promise<boolean>;
}

export type StepName = keyof Steps;

/** As an operator names them, in Temporal UI and (translated) in the portal. */
export const stepTitles = {
  checkConfiguration: 'check the configuration with the agent’s own program',
  ensureTenantSpace: 'prepare the tenant’s space on the cluster',
  placeInstance: 'place the objects',
  powerOn: 'power on',
  powerOff: 'power off',
  restartProcess: 'restart the process',
  killProcess: 'end the process now',
  applyRevision: 'apply the revision',
  repairInstance: 'compare and repair',
  awaitReady: 'wait until ready',
  awaitStopped: 'wait until stopped',
  proveConfiguration: 'prove the configuration live',
  removeInstance: 'remove the objects',
  awaitRemoved: 'wait until nothing is left',
  removeVolume: 'remove the volume',
  undoPlacement: 'undo: remove what was created',
  prePullImage: 'have the image on the node',
  checkDivergence: 'look for new work since the copy',
  suspendAgent: 'let the agent come to rest',
  stopForCopy: 'stop the process for the copy',
  backupState: 'copy the state and verify it',
  restoreState: 'put the older state back',
  probeAgent: 'probe the new version',
  resumeAgent: 'undo: let the agent work again',
  restoreVersion: 'undo: put version and state back',
  restartPrevious: 'undo: start what ran before',
  restoreRevision: 'undo: restore the previous revision',
  undoPowerOn: 'undo: power off',
  parkInstance: 'park the misconfigured agent',
  settle: 'settle the operation',
  syncTenantSpaces: 'sync the tenant’s spaces',
  removeTenantSpaces: 'remove the tenant’s spaces',
} as const satisfies Record<StepName, string>;
