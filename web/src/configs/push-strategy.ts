import type { RolloutPreview, RolloutStrategy } from '../api/types.ts';

export const pushPresets = ['canary', 'all'] as const;
export type PushPreset = (typeof pushPresets)[number];

export interface PushForm {
  preset: PushPreset;
  bakeMinutes: number;
  /** Whether waves are judged by the agents' errors. */
  isJudged: boolean;
  maxErrorPercent: number;
}

export const usualPush = (): PushForm => ({ preset: 'canary', bakeMinutes: 10, isJudged: true, maxErrorPercent: 5 });

/** Those that are left alone are counted among the targets. */
export const changingOf = ({ total, refused }: Pick<RolloutPreview, 'total' | 'refused'>): number => total - refused;

type Wave = NonNullable<RolloutStrategy['waves']>[number];

const concurrency = 25;
/** Fewer model calls say nothing about an error rate. */
const minimumCalls = 5;

/** One, then a tenth, then the rest; a wave for which nothing would be left is not made. */
export function waveSizes(preset: PushPreset, targets: number): { size: Wave['size']; targets: number }[] {
  const tenth = Math.ceil(targets / 10);
  const rest = (left: number) => ({ size: { rest: true as const }, targets: left });
  if (preset === 'all' || targets < 2) return [rest(targets)];
  const one = { size: { count: 1 }, targets: 1 };
  if (1 + tenth >= targets) return [one, rest(targets - 1)];
  return [one, { size: { percent: 10 }, targets: tenth }, rest(targets - 1 - tenth)];
}

export function strategyOf(form: PushForm, targets: number): RolloutStrategy {
  const sizes = waveSizes(form.preset, targets);
  if (sizes.length === 1) return { waves: sizes.map(({ size }) => ({ size, concurrency })) };
  const analysis: Wave['analysis'] = form.isJudged
    ? {
        rules: [{ metric: 'error-rate', max: form.maxErrorPercent / 100, minimumSample: minimumCalls }],
        onFailure: 'rollback',
        onInconclusive: 'pause',
      }
    : null;
  return {
    waves: sizes.map(({ size }) => ({ size, concurrency, bakeSeconds: form.bakeMinutes * 60, analysis })),
    onBudgetExceeded: 'rollback',
  };
}
