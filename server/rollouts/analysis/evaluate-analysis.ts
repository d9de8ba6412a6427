import type { AnalysisPlan, AnalysisResult, AnalysisRule, Verdict } from '../rollout.types.ts';
import { nothingMeasured, type Measure, type RolloutMeasures } from './measures.ts';

type RuleResult = AnalysisResult['rules'][number];
type Finding = Pick<RuleResult, 'verdict' | 'limit' | 'detail'>;

/**
 * The verdict over a wave. A rule without a value, or below its minimum sample, is inconclusive; one failed rule fails
 * the whole, else one inconclusive rule leaves it open.
 *
 * `maxRatio` needs the same minimum sample of the targets not yet updated. A baseline of 0 is a measure like any other:
 * whatever is above 0 fails. With `max` beside it, both have to hold.
 */
export function evaluateAnalysis(plan: AnalysisPlan, measures: RolloutMeasures): AnalysisResult {
  const rules = plan.rules.map((rule) => judge(rule, measureOf(rule, measures)));
  return { verdict: worstOf(rules.map(({ verdict }) => verdict)), at: measures.at.toISOString(), rules };
}

const measureOf = ({ metric, query = '' }: AnalysisRule, { metrics, prometheus }: RolloutMeasures): Measure =>
  metric === 'prometheus'
    ? (prometheus[query] ?? { ...nothingMeasured, problem: 'Prometheus was not asked.' })
    : metrics[metric];

const worstOf = (verdicts: Verdict[]): Verdict =>
  (['failed', 'inconclusive'] as const).find((bad) => verdicts.includes(bad)) ?? 'passed';

function judge(rule: AnalysisRule, measure: Measure): RuleResult {
  const { value, baseline, sample } = measure;
  return { metric: rule.metric, value, baseline, sample, ...findingOf(rule, measure) };
}

function findingOf(rule: AnalysisRule, measure: Measure): Finding {
  const { max, maxRatio, minimumSample } = rule;
  const { value, sample, baseline, baselineSample, problem } = measure;
  const others = rule.metric === 'ready-seconds' ? 'the waves before' : 'the targets not yet updated';
  const open = (detail: string, limit = max ?? null): Finding => ({ verdict: 'inconclusive', limit, detail });
  if (value === null) return open(problem ?? `There is nothing to measure in a sample of ${sample}.`);
  if (sample < minimumSample) return open(`The sample of ${sample} is below the minimum of ${minimumSample}.`);

  const above = (limit: number, what: string): Finding => ({ verdict: 'failed', limit, detail: `Above ${what}.` });
  if (max !== undefined && value > max) return above(max, 'the limit');
  if (maxRatio === undefined) return { verdict: 'passed', limit: max ?? null, detail: 'Within the limit.' };
  if (baseline === null) return open(`There is nothing to compare with among ${others}.`);
  if (baselineSample < minimumSample) {
    return open(`The sample of ${baselineSample} to compare with is below the minimum of ${minimumSample}.`);
  }
  const limit = maxRatio * baseline;
  if (value > limit) return above(limit, `${maxRatio} times the value of ${others}`);
  return { verdict: 'passed', limit: Math.min(limit, max ?? limit), detail: 'Within the limit.' };
}
