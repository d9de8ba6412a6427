import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runtimeKinds, type RuntimeKind } from '../clusters/runtime-kinds.ts';
import { choosePlace, obstaclesOf, type PlaceCandidate, type WantedPlace } from './choose-place.ts';

const amounts = { cpuMillis: 250, memoryBytes: 2, storageBytes: 10, instances: 1 };
const wanted: WantedPlace = { version: { image: 'openclaw:1', package: null }, labels: {}, amounts };
const candidate = (over: Partial<PlaceCandidate> = {}): PlaceCandidate => ({
  id: 'one',
  name: 'one',
  runtime: 'kubernetes',
  labels: {},
  phase: 'Ready',
  cordoned: false,
  belongsTo: 'nobody',
  allowed: true,
  free: {},
  ofProject: 0,
  ...over,
});

describe('what keeps an instance from a cluster', () => {
  it.each([
    ['nothing', {}, {}, []],
    ['it belongs to another tenant', { belongsTo: 'another' }, {}, ['other-tenant']],
    ['it is shared, and not on the tenant’s list', { allowed: false }, {}, ['not-allowed']],
    ['nothing where it is the tenant’s own, whatever the list', { belongsTo: 'tenant', allowed: false }, {}, []],
    ['it is in preparation', { phase: 'Preparing' }, {}, ['preparing']],
    ['it does not answer', { phase: 'Unreachable' }, {}, ['unreachable']],
    ['it is cordoned', { cordoned: true }, {}, ['cordoned']],
    ['it runs packages only', { runtime: 'machine' }, {}, ['version-unfit']],
    ['it runs images only', {}, { version: { image: null, package: 'a@1.0.0' } }, ['version-unfit']],
    ['a label has another value', { labels: { zone: 'a' } }, { labels: { zone: 'b' } }, ['labels-differ']],
    ['a label is not there', {}, { labels: { zone: 'b' } }, ['labels-differ']],
    ['nothing where it has the label, and more', { labels: { zone: 'a', more: '' } }, { labels: { zone: 'a' } }, []],
    ['there is too little memory left', { free: { memoryBytes: 1 } }, {}, ['no-room']],
    ['more is reserved than there is', { free: { instances: -1 } }, {}, ['no-room']],
    ['nothing where there is just enough', { free: amounts }, {}, []],
  ] as const)('%s', (_, over, more, obstacles) => {
    expect(obstaclesOf(candidate(over), { ...wanted, ...more })).toEqual(obstacles);
  });
});

describe('the choice of a place', () => {
  it('says what decided, for the chosen and for each that was passed over', () => {
    const version = { image: 'openclaw:1', package: 'openclaw@1.0.0' };
    const { chosen, verdicts } = choosePlace(
      [
        candidate({ id: '1', name: 'full', free: { instances: 0 }, cordoned: true }),
        candidate({ id: '2', name: 'free-machine', runtime: 'machine' }),
        candidate({ id: '3', name: 'busy', ofProject: 3 }),
        candidate({ id: '4', name: 'later', ofProject: 1 }),
        candidate({ id: '5', name: 'first', ofProject: 1 }),
      ],
      { ...wanted, version },
    );
    expect(chosen?.id).toBe('5');
    expect(verdicts).toEqual([
      { id: '5', name: 'first', outcome: 'chosen', by: 'first-by-name' },
      { id: '4', name: 'later', outcome: 'passed-over', by: 'first-by-name' },
      { id: '3', name: 'busy', outcome: 'passed-over', by: 'fewest-of-project' },
      { id: '2', name: 'free-machine', outcome: 'passed-over', by: 'not-taken-yet' },
      { id: '1', name: 'full', outcome: 'unfit', obstacles: ['cordoned', 'no-room'] },
    ]);
  });

  it('is none where none can', () => {
    expect(choosePlace([], wanted)).toEqual({ chosen: null, verdicts: [] });
    expect(choosePlace([candidate({ cordoned: true })], wanted).chosen).toBeNull();
  });
});

const anyLabels = fc.dictionary(fc.constantFrom('zone', 'disk'), fc.constantFrom('a', 'b'));
const anyFree = fc.option(fc.integer({ min: -1, max: 12 }), { nil: undefined });
const anyCandidate = fc.record({
  name: fc.string({ maxLength: 3 }),
  runtime: fc.constantFrom(...(Object.keys(runtimeKinds) as RuntimeKind[])),
  labels: anyLabels,
  phase: fc.constantFrom('Preparing' as const, 'Ready' as const, 'Unreachable' as const),
  cordoned: fc.boolean(),
  belongsTo: fc.constantFrom('nobody' as const, 'tenant' as const, 'another' as const),
  allowed: fc.boolean(),
  free: fc.record({ storageBytes: anyFree, instances: anyFree }),
  ofProject: fc.nat(3),
});
const anyCandidates = fc
  .array(anyCandidate, { maxLength: 12 })
  .map((all) => all.map((one, index) => candidate({ ...one, id: `id-${index}` })));
const anyWanted = fc
  .record({ image: fc.constantFrom('i', null), package: fc.constantFrom('p@1.0.0', null), labels: anyLabels })
  .map(({ labels, ...version }): WantedPlace => ({ version, labels, amounts }));
const takes = ({ belongsTo, runtime }: PlaceCandidate) => belongsTo === 'nobody' && runtime === 'machine';

describe('whatever there is and whatever is wanted, the choice', () => {
  const always = (holds: (candidates: PlaceCandidate[], wish: WantedPlace) => void) =>
    fc.assert(fc.property(anyCandidates, anyWanted, holds), { numRuns: 500 });

  it('is made exactly where some cluster has nothing against it, and is one of those', () =>
    always((candidates, wish) => {
      const fit = candidates.filter((one) => obstaclesOf(one, wish).length === 0);
      const { chosen } = choosePlace(candidates, wish);
      expect(chosen === null).toBe(fit.length === 0);
      if (chosen) expect(fit).toContain(chosen);
    }));

  it('never is another tenant’s, a cordoned one, one that cannot run it, or one without room', () =>
    always((candidates, wish) => {
      const { chosen } = choosePlace(candidates, wish);
      if (!chosen) return;
      expect(chosen).toMatchObject({ phase: 'Ready', cordoned: false });
      expect(chosen.belongsTo).not.toBe('another');
      expect(wish.version[runtimeKinds[chosen.runtime].runsFrom]).not.toBeNull();
      expect(chosen.labels).toMatchObject(wish.labels);
      for (const [name, left] of Object.entries(chosen.free)) {
        if (left !== undefined) expect(left).toBeGreaterThanOrEqual(amounts[name as keyof typeof amounts]);
      }
    }));

  it('takes a machine of nobody’s only where there is nothing else, and spreads a project over the rest', () =>
    always((candidates, wish) => {
      const fit = candidates.filter((one) => obstaclesOf(one, wish).length === 0);
      const { chosen } = choosePlace(candidates, wish);
      if (!chosen) return;
      expect(takes(chosen)).toBe(fit.every(takes));
      const likes = fit.filter((one) => takes(one) === takes(chosen));
      expect(chosen.ofProject).toBe(Math.min(...likes.map(({ ofProject }) => ofProject)));
    }));

  it('does not depend on the order in which clusters are read', () =>
    always((candidates, wish) => {
      expect(choosePlace(candidates.toReversed(), wish)).toEqual(choosePlace(candidates, wish));
    }));

  it('says something of every cluster, once', () =>
    always((candidates, wish) => {
      const { verdicts, chosen } = choosePlace(candidates, wish);
      expect(verdicts.map(({ id }) => id).toSorted()).toEqual(candidates.map(({ id }) => id).toSorted());
      const chosenIds = verdicts.flatMap(({ id, outcome }) => (outcome === 'chosen' ? id : []));
      expect(chosenIds).toEqual(chosen ? [chosen.id] : []);
    }));
});
