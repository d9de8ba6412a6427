/** From the largest: an interval is shown in the largest unit that says it in a whole number. */
export const intervalUnits = { day: 86_400, hour: 3_600, minute: 60, second: 1 } as const;
export type IntervalUnit = keyof typeof intervalUnits;

export interface Interval {
  amount: number;
  unit: IntervalUnit;
}

export function intervalOf(seconds: number): Interval {
  const units = Object.keys(intervalUnits) as IntervalUnit[];
  const unit = units.find((one) => seconds % intervalUnits[one] === 0) ?? 'second';
  return { amount: seconds / intervalUnits[unit], unit };
}

export const secondsOf = ({ amount, unit }: Interval): number => amount * intervalUnits[unit];

/** What the api takes: from ten seconds to seven days. */
export function isTaken(interval: Interval): boolean {
  const seconds = secondsOf(interval);
  return Number.isInteger(seconds) && seconds >= 10 && seconds <= 7 * intervalUnits.day;
}

/** "15 minutes", "15分钟". */
export function intervalText(seconds: number, locale: string): string {
  const { amount, unit } = intervalOf(seconds);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}
