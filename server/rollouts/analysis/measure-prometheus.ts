import type { AnalysisPlan } from '../rollout.types.ts';
import type { Measure, RolloutMeasures } from './measures.ts';
import { NoNumber, queryPrometheus } from './query-prometheus.ts';

export interface PrometheusOptions {
  /** Of the operator's own; null where there is none. */
  url: string | null;
  signal: AbortSignal;
}

/**
 * Adds what Prometheus says of the rules that ask it; outside any transaction. In a query `$updated` and `$baseline`
 * stand for regular expressions of instance ids, such as in `{pod=~"i-($updated)-0"}`. The value to compare with is
 * that of the same query with the instances not yet updated in the place of `$updated`.
 * Whatever goes wrong makes a measure without a value, and with it an inconclusive rule.
 */
export async function measurePrometheus(
  measures: RolloutMeasures,
  plan: AnalysisPlan,
  options: PrometheusOptions,
): Promise<RolloutMeasures> {
  const queries = new Set(plan.rules.flatMap(({ query }) => query ?? []));
  const prometheus: Record<string, Measure> = {};
  for (const query of queries) {
    const isCompared = plan.rules.some((rule) => rule.query === query && rule.maxRatio !== undefined);
    prometheus[query] = await measure(query, isCompared, measures, options);
  }
  return { ...measures, prometheus: { ...measures.prometheus, ...prometheus } };
}

async function measure(
  query: string,
  isCompared: boolean,
  { updated, untouched }: RolloutMeasures,
  { url, signal }: PrometheusOptions,
): Promise<Measure> {
  const samples = { sample: updated.length, baselineSample: untouched.length };
  if (url === null) return { value: null, baseline: null, ...samples, problem: 'No Prometheus is configured.' };
  const hasBaseline = isCompared && query.includes('$updated') && untouched.length > 0;
  try {
    const value = await queryPrometheus(url, filled(query, updated, untouched), signal);
    const baseline = hasBaseline ? await queryPrometheus(url, filled(query, untouched, untouched), signal) : null;
    return { value, baseline, ...samples };
  } catch (error) {
    if (error instanceof NoNumber) return { value: null, baseline: null, ...samples, problem: error.message };
    throw error;
  }
}

/** Ids are of hexadecimal digits and hyphens: none of them means anything else in an expression. */
const anyOf = (ids: readonly string[]): string => (ids.length > 0 ? ids.join('|') : 'nothing');

const filled = (query: string, updated: readonly string[], baseline: readonly string[]): string =>
  query.replaceAll('$updated', anyOf(updated)).replaceAll('$baseline', anyOf(baseline));
