import { defineSignal, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import {
  againSignal,
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

const again = defineSignal(againSignal);

/**
 * Does one kind of maintenance once, and again for as long as somebody asks meanwhile.
 * Invariants: a run that is cut off, at any point, leaves nothing half-done; who asked sees what was read after that.
 */
export async function maintain(input: MaintenanceInput): Promise<MaintenanceResult> {
  let asked = false;
  setHandler(again, () => {
    asked = true;
  });
  setCurrentDetails(maintenanceTitles[input.name]);
  let result: MaintenanceResult;
  do {
    asked = false;
    result = await carryOutMaintenance(input);
  } while (asked);
  setCurrentDetails(
    Object.entries(result)
      .map(([what, count]) => `${what} ${count}`)
      .join(', '),
  );
  return result;
}
