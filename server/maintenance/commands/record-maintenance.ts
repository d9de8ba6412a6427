import type { MaintenanceName, MaintenanceResult } from '../../../workflows/contracts/maintenance.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { MaintenanceSchedule } from '../maintenance-schedule.entity.ts';

/** Keeps what a scheduled run has done, for whoever looks at the schedules. */
export async function recordMaintenance(
  tx: Transaction,
  name: MaintenanceName,
  result: MaintenanceResult,
): Promise<void> {
  const schedule = await tx.em.findOneOrFail(MaintenanceSchedule, { name });
  schedule.lastRunAt = new Date();
  schedule.lastResult = result;
  tx.emit({ type: 'maintenance.run', tenantId: null, data: { name, ...result } });
}
