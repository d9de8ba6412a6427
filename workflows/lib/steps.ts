import {
  ActivityCancellationType,
  proxyActivities,
  setCurrentDetails,
  type ActivityOptions,
  type ActivityInterfaceFor,
} from '@temporalio/workflow';
import { taskQueues } from '../contracts/operations.ts';
import { stepTitles, type StepName, type Steps } from '../contracts/steps.ts';

const retry = { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '15 s' } as const;

/** A dead worker is noticed by its heartbeat; the end of an attempt bounds what a lost hand-over can cost. */
const quick: ActivityOptions = {
  taskQueue: taskQueues.platform,
  startToCloseTimeout: '60 s',
  heartbeatTimeout: '6 s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry,
};

/** Waits and one-shot pods: they end by their own deadline, counted from the step's first attempt. */
const patient: ActivityOptions = { ...quick, taskQueue: taskQueues.waits, startToCloseTimeout: '20 minutes' };

/** They move an agent's whole state, however large. */
const lengthy: ActivityOptions = { ...patient, startToCloseTimeout: '4 hours' };

const lengthySteps: readonly StepName[] = ['backupState', 'restoreState', 'restoreVersion'];

const patientSteps: readonly StepName[] = [
  'prePullImage',
  'checkDivergence',
  'suspendAgent',
  'stopForCopy',
  'probeAgent',
  'resumeAgent',
  'restartPrevious',
  'checkConfiguration',
  'awaitReady',
  'awaitStopped',
  'awaitRemoved',
  'proveConfiguration',
  'restoreRevision',
  'undoPlacement',
  'syncTenantSpaces',
  'removeTenantSpaces',
];

type Proxy = ActivityInterfaceFor<Steps>;
const quickProxy = proxyActivities<Steps>(quick);
const patientProxy = proxyActivities<Steps>(patient);

function optionsOf(name: StepName): ActivityOptions {
  if (lengthySteps.includes(name)) return lengthy;
  return patientSteps.includes(name) ? patient : quick;
}

function stepOf<Name extends StepName>(name: Name): Steps[Name] {
  const options = optionsOf(name);
  const proxy: Proxy = options === quick ? quickProxy : patientProxy;
  const run = (...args: Parameters<Steps[Name]>) => {
    setCurrentDetails(stepTitles[name]);
    const activity = proxy[name] as unknown as {
      executeWithOptions(options: ActivityOptions, args: unknown[]): ReturnType<Steps[Name]>;
    };
    return activity.executeWithOptions({ ...options, summary: stepTitles[name] }, args);
  };
  return run as unknown as Steps[Name];
}

export const steps = Object.fromEntries(
  (Object.keys(stepTitles) as StepName[]).map((name) => [name, stepOf(name)]),
) as unknown as Steps;
