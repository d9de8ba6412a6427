import { expect, it } from 'vitest';
import { strategyOf, usualPush, waveSizes } from './push-strategy.ts';

it.each([
  [1, [1]],
  [2, [1, 1]],
  [3, [1, 1, 1]],
  [10, [1, 1, 8]],
  [312, [1, 32, 279]],
])('cuts %i targets into a canary, a tenth and the rest, without an empty wave', (targets, expected) => {
  expect(waveSizes('canary', targets).map((wave) => wave.targets)).toEqual(expected);
});

it('never leaves a target out', () => {
  for (let targets = 1; targets <= 1_000; targets++) {
    const sizes = waveSizes('canary', targets).map((wave) => wave.targets);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(targets);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  }
});

it('waits after each wave and judges it by the error rate', () => {
  const { waves } = strategyOf({ ...usualPush(), bakeMinutes: 2, maxErrorPercent: 5 }, 100);
  expect(waves).toHaveLength(3);
  expect(waves?.[0]).toMatchObject({
    size: { count: 1 },
    bakeSeconds: 120,
    analysis: { rules: [{ metric: 'error-rate', max: 0.05 }], onFailure: 'rollback' },
  });
});

it('judges nothing where that is not wanted, and does all at once where that is', () => {
  expect(strategyOf({ ...usualPush(), isJudged: false }, 100).waves?.[0]).toMatchObject({ analysis: null });
  expect(strategyOf({ ...usualPush(), preset: 'all' }, 100).waves).toEqual([{ size: { rest: true }, concurrency: 25 }]);
});
