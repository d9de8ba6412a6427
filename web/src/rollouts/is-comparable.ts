import type { RuleForm } from './strategy-form.ts';

/**
 * Whether a wave (counted from 0) has anything that a ratio of this rule could be to: the api refuses one that has not.
 * The time until ready is compared with the waves before, the rest with targets not yet updated.
 */
export function isComparable(
  { metric, query }: Pick<RuleForm, 'metric' | 'query'>,
  index: number,
  waves: number,
): boolean {
  if (metric === 'failed' || metric === 'refused') return false;
  if (metric === 'ready-seconds') return index > 0;
  if (metric === 'prometheus' && !query.includes('$updated')) return false;
  return index < waves - 1;
}
