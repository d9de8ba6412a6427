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

const patientSteps: readonly StepName[] = [
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

function stepOf<Name extends StepName>(name: Name): Steps[Name] {
  const proxy: Proxy = patientSteps.includes(name) ? patientProxy : quickProxy;
  const run = (...args: Parameters<Steps[Name]>) => {
    setCurrentDetails(stepTitles[name]);
    const activity = proxy[name] as unknown as {
      executeWithOptions(options: ActivityOptions, args: unknown[]): ReturnType<Steps[Name]>;
    };
    const options = patientSteps.includes(name) ? patient : quick;
    return activity.executeWithOptions({ ...options, summary: stepTitles[name] }, args);
  };
  return run as unknown as Steps[Name];
}

export const steps = Object.fromEntries(
  (Object.keys(stepTitles) as StepName[]).map((name) => [name, stepOf(name)]),
) as unknown as Steps;
