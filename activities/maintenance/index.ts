import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { recordMaintenance } from '../../server/maintenance/commands/record-maintenance.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type {
  MaintenanceInput,
  MaintenanceName,
  MaintenanceResult,
  MaintenanceSteps,
} from '../../workflows/contracts/maintenance.ts';
import type { Deps } from '../deps.ts';
import { failureOf, toApplicationFailure } from '../steps/failure.ts';
import { checkpointAudit } from './audit-checkpoints.ts';
import { checkConsistency } from './consistency.ts';
import type { MaintenanceRun } from './maintenance-run.ts';
import { wakeOverdueRollouts } from './overdue-rollouts.ts';
import { removeOutdated } from './retention.ts';

const heartbeatEveryMs = 5_000;

const work: Readonly<Record<MaintenanceName, (deps: Deps, run: MaintenanceRun) => Promise<MaintenanceResult>>> = {
  consistency: checkConsistency,
  retention: removeOutdated,
  'overdue-rollouts': wakeOverdueRollouts,
  'audit-checkpoints': checkpointAudit,
};

export const maintenanceSteps = (deps: Deps): MaintenanceSteps => ({
  async carryOutMaintenance(input: MaintenanceInput) {
    const activity = Context.current();
    let position: unknown = activity.info.heartbeatDetails;
    const heartbeat = setInterval(() => activity.heartbeat(position), heartbeatEveryMs);
    try {
      const result = await work[input.name](deps, {
        input,
        signal: activity.cancellationSignal,
        resumedFrom: position,
        reached(next) {
          position = next;
          activity.heartbeat(next);
        },
      });
      if (input.instanceId === undefined) {
        await deps.db.transaction(platformScope(), (tx) => recordMaintenance(tx, input.name, result));
      }
      return result;
    } catch (thrown) {
      if (activity.cancellationSignal.aborted) throw new CancelledFailure('cancelled');
      deps.log.warn({ maintenance: input.name, err: thrown }, 'maintenance was cut off');
      throw toApplicationFailure(failureOf(thrown, activity.info.attempt));
    } finally {
      clearInterval(heartbeat);
    }
  },
});
