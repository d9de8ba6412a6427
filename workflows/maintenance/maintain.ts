import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import {
  maintenanceTitles,
  type MaintenanceInput,
  type MaintenanceResult,
  type MaintenanceSteps,
} from '../contracts/maintenance.ts';
import { taskQueues } from '../contracts/operations.ts';

/** One page of a thousand instances takes seconds; what is not done in time is done by the next run. */
const { carryOutMaintenance } = proxyActivities<MaintenanceSteps>({
  taskQueue: taskQueues.waits,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '30 s', maximumAttempts: 20 },
});

/** Does one kind of maintenance once. Invariant: a run that is cut off, at any point, leaves nothing half-done. */
export async function maintain(input: MaintenanceInput): Promise<MaintenanceResult> {
  setCurrentDetails(maintenanceTitles[input.name]);
  const result = await carryOutMaintenance(input);
  setCurrentDetails(
    Object.entries(result)
      .map(([what, count]) => `${what} ${count}`)
      .join(', '),
  );
  return result;
}
