import type { MaintenanceWindow } from '../rollout.types.ts';

const minutesOfDay = 24 * 60;
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Whether targets may be started now; always where there are no windows. A window is a time of its zone's wall clock. */
export const inWindow = (windows: readonly MaintenanceWindow[], now: Date): boolean =>
  windows.length === 0 || windows.some((window) => isOpen(window, now));

function isOpen({ days, start, durationMinutes, timeZone }: MaintenanceWindow, now: Date): boolean {
  const { day, minute } = wallClock(now, timeZone);
  const [hours = 0, minutes = 0] = start.split(':').map(Number);
  const opens = hours * 60 + minutes;
  const isWithin = (sinceMidnight: number): boolean =>
    sinceMidnight >= opens && sinceMidnight < opens + durationMinutes;
  const dayBefore = (day + 6) % 7;
  // Yesterday's may still be open: a window may reach past midnight.
  return (days.includes(day) && isWithin(minute)) || (days.includes(dayBefore) && isWithin(minute + minutesOfDay));
}

function wallClock(now: Date, timeZone: string): { day: number; minute: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  return { day: weekdays.indexOf(parts.weekday ?? ''), minute: Number(parts.hour) * 60 + Number(parts.minute) };
}
