import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analysisMetrics, type AnalysisPlan, type AnalysisRule, type Verdict } from '../rollout.types.ts';
import { evaluateAnalysis } from './evaluate-analysis.ts';
import { nothingMeasured, type Measure, type RolloutMeasures } from './measures.ts';

const at = new Date('2026-11-22T18:00:00Z');

const measured = (measures: Partial<Record<string, Measure>>): RolloutMeasures => ({
  at,
  metrics: Object.fromEntries(
    analysisMetrics.map((metric) => [metric, measures[metric] ?? nothingMeasured]),
  ) as RolloutMeasures['metrics'],
  prometheus: {},
  updated: [],
  untouched: [],
});

const plan = (...rules: AnalysisRule[]): AnalysisPlan => ({ rules, onFailure: 'rollback', onInconclusive: 'pause' });

const verdictOf = (rule: Partial<AnalysisRule>, measure: Partial<Measure>) => {
  const metric = 'error-rate';
  const whole = { value: null, sample: 100, baseline: null, baselineSample: 0, ...measure };
  const { verdict, rules } = evaluateAnalysis(
    plan({ metric, minimumSample: 10, ...rule }),
    measured({ [metric]: whole }),
  );
  expect(rules[0]).toMatchObject({
    metric,
    verdict,
    value: whole.value,
    baseline: whole.baseline,
    sample: whole.sample,
  });
  return rules[0] && { verdict: rules[0].verdict, limit: rules[0].limit };
};

describe('a limit', () => {
  it('is kept up to itself and no further', () => {
    expect(verdictOf({ max: 0.1 }, { value: 0.1 })).toEqual({ verdict: 'passed', limit: 0.1 });
    expect(verdictOf({ max: 0.1 }, { value: 0.11 })).toEqual({ verdict: 'failed', limit: 0.1 });
  });

  it('says nothing below the minimum sample, however bad the value', () => {
    expect(verdictOf({ max: 0.1 }, { value: 1, sample: 9 })).toEqual({ verdict: 'inconclusive', limit: 0.1 });
    expect(verdictOf({ max: 0.1 }, { value: 1, sample: 10 })).toEqual({ verdict: 'failed', limit: 0.1 });
  });

  it('says nothing where there is nothing to measure', () => {
    expect(verdictOf({ max: 0.1, minimumSample: 0 }, { value: null, sample: 0 })).toMatchObject({
      verdict: 'inconclusive',
    });
  });
});

describe('a ratio', () => {
  const baseline = { baseline: 0.02, baselineSample: 100 };

  it('is held against the targets not yet updated', () => {
    expect(verdictOf({ maxRatio: 2 }, { value: 0.04, ...baseline })).toEqual({ verdict: 'passed', limit: 0.04 });
    expect(verdictOf({ maxRatio: 2 }, { value: 0.05, ...baseline })).toEqual({ verdict: 'failed', limit: 0.04 });
  });

  it('of nothing allows nothing', () => {
    expect(verdictOf({ maxRatio: 5 }, { value: 0.01, baseline: 0, baselineSample: 100 })).toEqual({
      verdict: 'failed',
      limit: 0,
    });
    expect(verdictOf({ maxRatio: 5 }, { value: 0, baseline: 0, baselineSample: 100 })).toEqual({
      verdict: 'passed',
      limit: 0,
    });
  });

  it('says nothing without enough to compare with', () => {
    expect(verdictOf({ maxRatio: 2 }, { value: 0.01 })).toMatchObject({ verdict: 'inconclusive' });
    expect(verdictOf({ maxRatio: 2 }, { value: 0.01, baseline: 0.02, baselineSample: 9 })).toMatchObject({
      verdict: 'inconclusive',
    });
  });

  it('and a limit have to hold both', () => {
    expect(verdictOf({ max: 0.03, maxRatio: 2 }, { value: 0.035, ...baseline })).toEqual({
      verdict: 'failed',
      limit: 0.03,
    });
    expect(verdictOf({ max: 1, maxRatio: 2 }, { value: 0.05, ...baseline })).toEqual({
      verdict: 'failed',
      limit: 0.04,
    });
    expect(verdictOf({ max: 0.03, maxRatio: 2 }, { value: 0.03, ...baseline })).toEqual({
      verdict: 'passed',
      limit: 0.03,
    });
    // what is above the limit needs nothing to compare with
    expect(verdictOf({ max: 0.03, maxRatio: 2 }, { value: 0.5 })).toEqual({ verdict: 'failed', limit: 0.03 });
  });
});

describe('a query of Prometheus', () => {
  const rule: AnalysisRule = { metric: 'prometheus', query: 'up', max: 1, minimumSample: 1 };

  it('is judged by its own number', () => {
    const prometheus = { up: { value: 2, sample: 3, baseline: null, baselineSample: 0 } };
    expect(evaluateAnalysis(plan(rule), { ...measured({}), prometheus })).toMatchObject({ verdict: 'failed' });
  });

  it('that brought none is inconclusive, and says why', () => {
    const prometheus = { up: { ...nothingMeasured, problem: 'Prometheus does not answer.' } };
    expect(evaluateAnalysis(plan(rule), { ...measured({}), prometheus })).toMatchObject({
      verdict: 'inconclusive',
      rules: [{ detail: 'Prometheus does not answer.' }],
    });
    expect(evaluateAnalysis(plan(rule), measured({}))).toMatchObject({ verdict: 'inconclusive' });
  });
});

const number = fc.double({ min: 0, max: 1e6, noNaN: true });
const amount = fc.nat({ max: 200 });
const arbitraryMeasure = fc.record({
  value: fc.option(number),
  sample: amount,
  baseline: fc.option(number),
  baselineSample: amount,
});
const arbitraryRule = fc
  .record({
    metric: fc.constantFrom(...analysisMetrics),
    max: fc.option(number, { nil: undefined }),
    maxRatio: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: undefined }),
    minimumSample: amount,
  })
  .filter(({ max, maxRatio }) => max !== undefined || maxRatio !== undefined);
const arbitraryRules = fc.array(arbitraryRule, { minLength: 1, maxLength: 6 });
const arbitraryMeasures = fc
  .tuple(...analysisMetrics.map(() => arbitraryMeasure))
  .map((all) => measured(Object.fromEntries(all.map((one, index) => [String(analysisMetrics[index]), one]))));

const badness: Record<Verdict, number> = { passed: 0, inconclusive: 1, failed: 2 };

describe('whatever is measured', () => {
  it('the whole is as bad as the worst rule', () => {
    fc.assert(
      fc.property(arbitraryRules, arbitraryMeasures, (rules, measures) => {
        const result = evaluateAnalysis(plan(...rules), measures);
        const worst = Math.max(...result.rules.map(({ verdict }) => badness[verdict]));
        expect(badness[result.verdict]).toBe(worst);
        expect(result.rules.map(({ metric }) => metric)).toEqual(rules.map(({ metric }) => metric));
        expect(result.at).toBe(at.toISOString());
      }),
    );
  });

  it('nothing passes or fails on too small a sample', () => {
    fc.assert(
      fc.property(arbitraryRule, arbitraryMeasures, (rule, measures) => {
        const measure = measures.metrics[rule.metric];
        fc.pre(measure.value === null || measure.sample < rule.minimumSample);
        expect(evaluateAnalysis(plan(rule), measures).verdict).toBe('inconclusive');
      }),
    );
  });

  it('a larger value is never judged better', () => {
    fc.assert(
      fc.property(arbitraryRule, arbitraryMeasure, number, (rule, measure, more) => {
        fc.pre(measure.value !== null);
        const judged = (value: number) =>
          badness[evaluateAnalysis(plan(rule), measured({ [rule.metric]: { ...measure, value } })).verdict];
        expect(judged((measure.value ?? 0) + more)).toBeGreaterThanOrEqual(judged(measure.value ?? 0));
      }),
    );
  });

  it('what passes is within every limit that it had', () => {
    fc.assert(
      fc.property(arbitraryRule, arbitraryMeasures, (rule, measures) => {
        const { rules } = evaluateAnalysis(plan(rule), measures);
        fc.pre(rules[0]?.verdict === 'passed');
        const { value, baseline } = measures.metrics[rule.metric];
        const limits = [rule.max, rule.maxRatio === undefined ? undefined : rule.maxRatio * (baseline ?? Number.NaN)];
        expect(limits.every((limit) => limit === undefined || (value ?? Number.NaN) <= limit)).toBe(true);
        expect(value ?? Number.NaN).toBeLessThanOrEqual(rules[0]?.limit ?? Number.NaN);
      }),
    );
  });
});
