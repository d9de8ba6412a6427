import { setTimeout as sleep } from 'node:timers/promises';
import { MaintenanceSchedule } from '../maintenance/maintenance-schedule.entity.ts';
import type { Logger } from '../observability/logger.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { MaintenanceRuns } from '../temporal/maintenance-runs.ts';
import type { Lease } from './lease.ts';

const lookEveryMs = 2_000;
/** Somebody may have changed or removed one in Temporal itself. */
const repeatEveryMs = 5 * 60_000;

/** Brings the rows to Temporal: at boot, when one has changed, and now and then anyway. */
export async function keepSchedules(
  { db, log, runs }: { db: Database; log: Logger; runs: MaintenanceRuns },
  lease: Lease,
): Promise<void> {
  let brought = '';
  let broughtMs = 0;
  while (!lease.signal.aborted) {
    lease.assertValid();
    const rows = await db.transaction(platformScope(), ({ em }) => em.find(MaintenanceSchedule, {}));
    const wanted = rows.map(({ name, everySeconds, paused }) => ({ name, everySeconds, paused }));
    const content = JSON.stringify(wanted);
    if (content !== brought || performance.now() - broughtMs > repeatEveryMs) {
      try {
        await runs.reconcile(wanted);
        brought = content;
        broughtMs = performance.now();
      } catch (error) {
        log.warn({ err: error }, 'the schedules of maintenance could not be brought to Temporal; tried again');
      }
    }
    await sleep(lookEveryMs, undefined, { signal: lease.signal }).catch(() => undefined);
  }
}
