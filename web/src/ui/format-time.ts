const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const satisfies [Intl.RelativeTimeFormatUnit, number][];

/** "5 minutes ago", "in 20 seconds". */
export function relativeTime(time: string, nowMs: number, locale: string): string {
  const seconds = (Date.parse(time) - nowMs) / 1_000;
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

/** In the viewer's zone, which is named. */
export const exactTime = (time: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(time));

/** "850 ms", "12.4 s", "3 min 20 s", "5 min": short enough for a timeline. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return withRest(`${Math.floor(seconds / 60)} min`, seconds % 60, 's');
  return withRest(`${Math.floor(seconds / 3_600)} h`, Math.floor((seconds % 3_600) / 60), 'min');
}

const withRest = (whole: string, rest: number, unit: string): string => (rest > 0 ? `${whole} ${rest} ${unit}` : whole);
