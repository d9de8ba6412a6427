import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { MaintenanceSchedule } from '../maintenance-schedule.entity.ts';

export interface ChangeSchedule {
  name: string;
  expectedGeneration: number;
  everySeconds?: number;
  paused?: boolean;
  by: Requester;
}

/** Brought to Temporal by the observer. @throws Problem 'maintenance.unknown', 'request.stale' */
export async function changeSchedule(tx: Transaction, change: ChangeSchedule): Promise<MaintenanceSchedule> {
  const { everySeconds, paused, by } = change;
  await tx.query('select 1 from maintenance_schedules where name = ? for no key update', [change.name]);
  const schedule = await tx.em.findOne(MaintenanceSchedule, { name: change.name } as {
    name: MaintenanceSchedule['name'];
  });
  if (!schedule) throw new Problem('maintenance.unknown', change.name);
  requireGeneration(schedule, change.expectedGeneration);
  const before = { everySeconds: schedule.everySeconds, paused: schedule.paused };
  schedule.everySeconds = everySeconds ?? schedule.everySeconds;
  schedule.paused = paused ?? schedule.paused;
  schedule.generation += 1;
  schedule.updatedAt = new Date();
  schedule.updatedBy = by.userId;
  tx.audit({
    tenantId: null,
    actorId: by.userId,
    actorName: by.name,
    action: 'maintenance.update',
    objectType: 'maintenance-schedule',
    objectName: schedule.name,
    outcome: 'succeeded',
    before,
    after: { everySeconds: schedule.everySeconds, paused: schedule.paused },
    requestId: by.requestId,
  });
  tx.emit({ type: 'maintenance.changed', tenantId: null, data: { name: schedule.name } });
  return schedule;
}
