import type { MaintenanceSchedule } from './maintenance-schedule.entity.ts';

/** When Temporal begins the next run: it counts intervals from the epoch, not from the last run. Null while paused. */
export function nextRunOf(
  { everySeconds, paused }: Pick<MaintenanceSchedule, 'everySeconds' | 'paused'>,
  now = new Date(),
): Date | null {
  if (paused) return null;
  const everyMs = everySeconds * 1_000;
  return new Date((Math.floor(now.getTime() / everyMs) + 1) * everyMs);
}
