import { Problem } from '../../workflows/contracts/problem.ts';

const dayMs = 86_400_000;
const longestDays = 100;

/** @throws Problem 'request.unfit' */
export function periodOf({ from, to }: { from?: Date; to?: Date }): { from: Date; to: Date } {
  const end = to ?? new Date();
  const period = { from: from ?? new Date(end.getTime() - dayMs), to: end };
  const lengthMs = period.to.getTime() - period.from.getTime();
  if (lengthMs <= 0) throw refused('from', 'from has to be before to.');
  if (lengthMs > longestDays * dayMs) throw refused('from', `At most ${longestDays} days can be asked for at once.`);
  return period;
}

export const refused = (parameter: string, detail: string): Problem =>
  new Problem('request.unfit', detail, { faults: [{ pointer: `/${parameter}`, detail }] });
