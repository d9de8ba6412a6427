import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WaveSize } from '../rollout.types.ts';
import { planWaves, type WaveTarget } from './plan-waves.ts';

const target: fc.Arbitrary<Omit<WaveTarget, 'instanceId'>> = fc.record({
  labels: fc.dictionary(fc.constantFrom('tier', 'team'), fc.constantFrom('a', 'b'), { noNullPrototype: true }),
});
const targets = fc
  .array(target, { maxLength: 60 })
  .map((list) => list.map((one, index) => ({ ...one, instanceId: `i-${index}` })));

const size: fc.Arbitrary<WaveSize> = fc.oneof(
  fc.record({ count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ percent: fc.double({ min: 0.1, max: 100, noNaN: true }) }),
  fc.record({
    labels: fc.constantFrom<Record<string, string>>({ tier: 'a' }, { team: 'b' }, { tier: 'a', team: 'b' }),
  }),
  fc.constant({ rest: true } as const),
);
const plans = fc.array(size, { minLength: 1, maxLength: 6 }).map((sizes) => sizes.map((one) => ({ size: one })));

const many = (count: number, labels: Record<string, string> = {}): WaveTarget[] =>
  Array.from({ length: count }, (_, index) => ({ instanceId: `i-${index}`, labels }));
const sizesOf = (all: WaveTarget[], ...sizes: WaveSize[]) =>
  planWaves(
    all,
    sizes.map((one) => ({ size: one })),
  ).waves?.map(({ instanceIds }) => instanceIds.length);
const pointersOf = (all: WaveTarget[], ...sizes: WaveSize[]) =>
  planWaves(
    all,
    sizes.map((one) => ({ size: one })),
  ).faults?.map(({ pointer }) => pointer);

describe('waves', () => {
  it('partition the targets: each is in exactly one, none is empty, the order is kept', () => {
    fc.assert(
      fc.property(targets, plans, (all, waves) => {
        const planned = planWaves(all, waves);
        if (planned.faults) {
          expect(planned.faults.length).toBeGreaterThan(0);
          return;
        }
        const ids = planned.waves.flatMap(({ instanceIds }) => instanceIds);
        expect([...ids].sort()).toEqual(all.map(({ instanceId }) => instanceId).sort());
        const order = new Map(all.map(({ instanceId }, index) => [instanceId, index]));
        for (const { instanceIds } of planned.waves) {
          const positions = instanceIds.map((id) => order.get(id) ?? -1);
          expect(positions).toEqual(positions.toSorted((a, b) => a - b));
          expect(positions.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('that end with the rest cover every selection that fills them', () => {
    fc.assert(
      fc.property(targets, fc.integer({ min: 1, max: 30 }), (all, count) => {
        fc.pre(all.length > count);
        expect(sizesOf(all, { count }, { rest: true })).toEqual([count, all.length - count]);
      }),
    );
  });

  it('round a percent up, so that a canary of few has one', () => {
    expect(sizesOf(many(3), { percent: 10 }, { rest: true })).toEqual([1, 2]);
    expect(sizesOf(many(1_000), { percent: 10 }, { percent: 30 }, { percent: 60 })).toEqual([100, 300, 600]);
  });

  it('take by label what has it, and leave the others', () => {
    const all = [
      ...many(2, { tier: 'canary' }),
      ...many(3).map((one) => ({ ...one, instanceId: `${one.instanceId}b` })),
    ];
    expect(sizesOf(all, { labels: { tier: 'canary' } }, { rest: true })).toEqual([2, 3]);
  });

  it('are refused where targets are left over', () => {
    expect(pointersOf(many(10), { percent: 10 }, { percent: 20 })).toEqual(['/strategy/waves']);
    expect(pointersOf(many(10), { count: 3 })).toEqual(['/strategy/waves']);
  });

  it('are refused where one gets nothing', () => {
    expect(pointersOf(many(2), { count: 2 }, { rest: true })).toEqual(['/strategy/waves/1/size']);
    expect(pointersOf(many(2), { labels: { tier: 'canary' } }, { rest: true })).toEqual(['/strategy/waves/0/size']);
  });

  it('are refused where percents come to more than 100', () => {
    expect(pointersOf(many(10), { percent: 60 }, { percent: 50 })).toEqual(['/strategy/waves/1/size/percent']);
    expect(sizesOf(many(3), { percent: 33.4 }, { percent: 33.3 }, { percent: 33.3 })).toBeUndefined();
    expect(sizesOf(many(30), { percent: 33.4 }, { percent: 33.3 }, { percent: 33.3 })).toEqual([11, 10, 9]);
  });
});
