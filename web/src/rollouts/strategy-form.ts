import type { NewRollout } from '../api/types.ts';
import { isComparable } from './is-comparable.ts';
import { labelsOf } from './labels-text.ts';

type Strategy = NonNullable<NewRollout['strategy']>;
type Wave = NonNullable<Strategy['waves']>[number];
type Analysis = NonNullable<Wave['analysis']>;
type Rule = Analysis['rules'][number];
type Window = NonNullable<Strategy['windows']>[number];

export const presets = ['all', 'canary', 'custom'] as const;
export type Preset = (typeof presets)[number];
export const sizeKinds = ['count', 'percent', 'labels', 'rest'] as const;
export const ruleMetrics = [
  'failed',
  'restarts',
  'not-ready',
  'refused',
  'ready-seconds',
  'error-rate',
  'cost-per-call',
  'tokens-per-call',
  'prometheus',
] as const satisfies Rule['metric'][];

/** What is typed, kept as text; numbers are read when the order is written. */
export interface WaveForm {
  sizeKind: (typeof sizeKinds)[number];
  /** A count or a percentage. */
  amount: string;
  labels: string;
  concurrency: string;
  bakeSeconds: string;
  after: NonNullable<Wave['then']>;
}

export interface RuleForm {
  metric: Rule['metric'];
  query: string;
  max: string;
  maxRatio: string;
  minimumSample: string;
}

export interface WindowForm {
  days: number[];
  start: string;
  minutes: string;
  zone: string;
}

export interface StrategyForm {
  preset: Preset;
  waves: WaveForm[];
  rules: RuleForm[];
  onFailure: NonNullable<Analysis['onFailure']>;
  onInconclusive: NonNullable<Analysis['onInconclusive']>;
  failureBudget: string;
  onBudgetExceeded: NonNullable<Strategy['onBudgetExceeded']>;
  deadlineMinutes: string;
  windows: WindowForm[];
  onConflict: NonNullable<Strategy['onConflict']>;
}

export const newWave = (over: Partial<WaveForm> = {}): WaveForm => ({
  sizeKind: 'count',
  amount: '1',
  labels: '',
  concurrency: '25',
  bakeSeconds: '60',
  after: 'continue',
  ...over,
});
export const newRule = (): RuleForm => ({ metric: 'failed', query: '', max: '0', maxRatio: '', minimumSample: '1' });
export const newWindow = (): WindowForm => ({
  days: [1, 2, 3, 4, 5],
  start: '22:00',
  minutes: '240',
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});

/** One, then a tenth, then the rest; a wave for which nothing would be left is not made. */
function wavesOf(preset: 'all' | 'canary', targets: number): WaveForm[] {
  const rest = newWave({ sizeKind: 'rest', bakeSeconds: '0' });
  if (preset === 'all' || targets < 2) return [rest];
  const hasTenth = 1 + Math.ceil(targets / 10) < targets;
  return [newWave(), ...(hasTenth ? [newWave({ sizeKind: 'percent', amount: '10' })] : []), rest];
}

export function newStrategy(preset: 'all' | 'canary', targets: number): StrategyForm {
  return {
    preset,
    waves: wavesOf(preset, targets),
    rules: preset === 'canary' ? [newRule()] : [],
    onFailure: 'rollback',
    onInconclusive: 'pause',
    failureBudget: '0',
    onBudgetExceeded: 'pause',
    deadlineMinutes: '',
    windows: [],
    onConflict: 'refuse',
  };
}

/** Own waves begin with those of the preset before. */
export function choosePreset(form: StrategyForm, preset: Preset, targets: number): void {
  form.preset = preset;
  if (preset !== 'custom') form.waves = wavesOf(preset, targets);
}

export function strategyOf(form: StrategyForm): Strategy {
  return {
    waves: form.waves.map((wave, index) => ({
      size: sizeOf(wave),
      concurrency: Number(wave.concurrency),
      bakeSeconds: Number(wave.bakeSeconds),
      analysis: analysisOf(form, index),
      // oxlint-disable-next-line unicorn/no-thenable -- the api's word; a plan is never awaited
      then: wave.after,
    })),
    failureBudget: Number(form.failureBudget),
    onBudgetExceeded: form.onBudgetExceeded,
    deadlineSeconds: form.deadlineMinutes.trim() ? Number(form.deadlineMinutes) * 60 : null,
    windows: form.windows.map(windowOf),
    onConflict: form.onConflict,
  };
}

function sizeOf({ sizeKind, amount, labels }: WaveForm): Wave['size'] {
  switch (sizeKind) {
    case 'count':
      return { count: Number(amount) };
    case 'percent':
      return { percent: Number(amount) };
    case 'labels':
      return { labels: labelsOf(labels) ?? {} };
    case 'rest':
      return { rest: true };
  }
}

/** Of one wave; `index` counts from 0. */
function analysisOf({ rules, waves, onFailure, onInconclusive }: StrategyForm, index: number): Analysis | null {
  const sent = rules.flatMap((rule) => ruleOf(rule, isComparable(rule, index, waves.length)));
  return sent.length > 0 ? { rules: sent, onFailure, onInconclusive } : null;
}

function ruleOf({ metric, query, max, maxRatio, minimumSample }: RuleForm, withRatio: boolean): Rule[] {
  const hasRatio = withRatio && maxRatio.trim() !== '';
  if (!max.trim() && !hasRatio) return [];
  return [
    {
      metric,
      ...(metric === 'prometheus' && { query }),
      ...(max.trim() && { max: Number(max) }),
      ...(hasRatio && { maxRatio: Number(maxRatio) }),
      minimumSample: Number(minimumSample),
    },
  ];
}

const windowOf = ({ days, start, minutes, zone }: WindowForm): Window => ({
  days,
  start,
  durationMinutes: Number(minutes),
  timeZone: zone,
});
