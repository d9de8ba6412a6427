import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { AnalysisRule, WavePlan } from '../rollout.types.ts';

/**
 * Ratios to something that will never be there: a wave with such a rule could not pass but by a person, which is to be
 * said before anything is touched.
 */
export const neverConclusive = (waves: readonly Pick<WavePlan, 'analysis'>[]): Fault[] =>
  waves.flatMap(({ analysis }, wave) =>
    (analysis?.rules ?? []).flatMap((rule, at) => {
      if (rule.maxRatio === undefined) return [];
      const detail = nothingToCompareWith(rule, { isFirst: wave === 0, isLast: wave === waves.length - 1 });
      return detail ? [{ pointer: `/strategy/waves/${wave}/analysis/rules/${at}/maxRatio`, detail }] : [];
    }),
  );

function nothingToCompareWith(
  { metric, query = '' }: AnalysisRule,
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
): string | null {
  switch (metric) {
    case 'failed':
    case 'refused':
      return 'It counts targets of the wave alone, so that there is nothing to compare with: give max.';
    case 'ready-seconds':
      return isFirst ? 'It is compared with the waves before, and there is none before the first: give max.' : null;
    case 'prometheus':
      if (!query.includes('$updated')) return 'A query without $updated is the same for all targets: give max.';
      break;
    default:
  }
  return isLast ? 'After the last wave no target is left to compare with: give max.' : null;
}
