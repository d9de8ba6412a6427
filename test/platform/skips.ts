import { relative } from 'node:path';
import { checkout } from '../../deploy/local/directories.ts';
import { needsOf, type Needs } from './needs.ts';

/** Why something that tests need is not there, in words for the person who runs them. */
export type Missing = Partial<Record<keyof Needs, string>>;

/** One line a reason: how many tests did not run because of it, and where. */
export function describeSkips(skipped: ReadonlyMap<string, number>, missing: Missing): string[] {
  const byReason = new Map<string, { count: number; files: string[] }>();
  for (const [file, count] of skipped) {
    const needs = needsOf([file]);
    const reasons = Object.entries(missing).filter(([need]) => needs[need as keyof Needs]);
    const reason = reasons.map(([, why]) => why).join('; ') || 'left out by their own condition, or not asked for';
    const told = byReason.get(reason) ?? { count: 0, files: [] };
    byReason.set(reason, { count: told.count + count, files: [...told.files, relative(checkout, file)] });
  }
  return [...byReason].map(([reason, { count, files }]) => `${count} skipped: ${reason} (${files.join(', ')})`);
}
