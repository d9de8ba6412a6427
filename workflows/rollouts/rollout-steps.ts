import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import { taskQueues } from '../contracts/operations.ts';
import type { RolloutSteps } from '../contracts/rollouts.ts';

/** They work for minutes, or most of one, at a time; a dead worker is noticed by its heartbeat. */
const patient: ActivityOptions = {
  taskQueue: taskQueues.waits,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '6 s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '15 s' },
};

/** Of the patience of a single look nothing is left after so long, whatever has become of its worker. */
const look: ActivityOptions = { ...patient, startToCloseTimeout: '90 s' };

const { checkRollout } = proxyActivities<RolloutSteps>({
  ...patient,
  summary: 'check what it brings with the agents’ own programs',
});
const { advanceRollout, failRollout } = proxyActivities<RolloutSteps>(look);

export const rolloutSteps: RolloutSteps = { checkRollout, advanceRollout, failRollout };
