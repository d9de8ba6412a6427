import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisPlan, Verdict } from '../rollout.types.ts';
import type { Control } from './controls.ts';
import { decide } from './decide.ts';
import type { RolloutState, WaveState } from './state.ts';
import { SimulatedRollout, type Moment, type SimulationInput } from './testing/simulated-rollout.ts';
import { countsOf } from '../target-counts.ts';

const verdicts = ['passed', 'failed', 'inconclusive'] as const satisfies Verdict[];

const analysis: fc.Arbitrary<AnalysisPlan | null> = fc.option(
  fc.record({
    rules: fc.constant([]),
    onFailure: fc.constantFrom('pause', 'rollback'),
    onInconclusive: fc.constantFrom('pause', 'continue'),
  }),
);

const input: fc.Arbitrary<SimulationInput> = fc.record({
  waves: fc.array(
    fc.record({
      targets: fc.integer({ min: 1, max: 8 }),
      plan: fc.record({
        concurrency: fc.integer({ min: 1, max: 4 }),
        bakeSeconds: fc.constantFrom(0, 0, 30),
        analysis,
        then: fc.constantFrom('continue', 'continue', 'pause'),
      }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  failureBudget: fc.integer({ min: 0, max: 4 }),
  onBudgetExceeded: fc.constantFrom('pause', 'rollback'),
  deadlineSeconds: fc.option(fc.integer({ min: 5, max: 2_000 })),
});

const often = <T>(...weighted: [weight: number, value: T][]): fc.Arbitrary<T> =>
  fc.oneof(...weighted.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

/** What happens between two steps; steps and ends of operations more often than the rest, so that histories get far. */
const happening = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      is: fc.constant('step' as const),
      verdict: often<Verdict>([3, 'passed'], [1, 'failed'], [1, 'inconclusive']),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      is: fc.constant('operation' as const),
      which: fc.nat(100),
      luck: fc.nat(99),
    }),
  },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('time' as const), seconds: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('window' as const), open: often([3, true], [1, false]) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('disturbance' as const),
      which: fc.nat(100),
      phase: often<'Pending' | 'Waiting' | 'Skipped'>([6, 'Pending'], [6, 'Waiting'], [1, 'Skipped']),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('person' as const),
      control: often<Control>([12, 'promote'], [12, 'resume'], [4, 'pause'], [1, 'rollback'], [1, 'abort']),
      force: fc.boolean(),
    }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const history = fc.array(happening, { minLength: 100, maxLength: 400, size: 'max' });

/** Of a hundred operations, how many fail; some of these leave their instance at what the rollout brought. */
const failuresInHundred = fc.constantFrom(5, 15, 70);

const badEnd = (luck: number) =>
  (['undone', 'stranded', 'undone', 'stranded', 'diverged'] as const)[luck % 5] ?? 'undone';

function live(rollout: SimulatedRollout, what: Happening, failures: number): void {
  switch (what.is) {
    case 'step':
      rollout.step(what.verdict);
      return;
    case 'operation':
      rollout.endOperation(what.which, what.luck >= failures ? 'well' : badEnd(what.luck));
      return;
    case 'time':
      rollout.now += what.seconds * 1_000;
      return;
    case 'window':
      rollout.inWindow = what.open;
      return;
    case 'disturbance':
      rollout.disturb(what.which, what.phase);
      return;
    case 'person':
      rollout.control(what.control, what.force);
  }
}

/**
 * Runs histories and looks at the rollout after each thing that happens. `look` says whether there was anything to look
 * at: a property that never applied would prove nothing.
 */
function expectInEveryHistory(look: (rollout: SimulatedRollout) => boolean): void {
  let applied = 0;
  // What is rare is looked for longer: a property that never applied has shown nothing.
  for (let round = 0; round < 10 && applied === 0; round++) {
    fc.assert(
      fc.property(input, history, failuresInHundred, (plan, happenings, failures) => {
        const rollout = new SimulatedRollout(plan);
        for (const what of happenings) {
          live(rollout, what, failures);
          if (look(rollout)) applied += 1;
        }
      }),
      { numRuns: 100 },
    );
  }
  expect(applied).toBeGreaterThan(0);
}

const expectAtEveryMoment = (look: (moment: Moment, moments: readonly Moment[]) => boolean): void =>
  expectInEveryHistory(({ moments }) => {
    const last = moments.at(-1);
    return last !== undefined && look(last, moments);
  });

const waveAt = (state: RolloutState, number: number): WaveState => {
  const wave = state.waves[number - 1];
  if (!wave) throw new Error(`no wave ${number}`);
  return wave;
};
const underWay = ({ counts }: WaveState): number => counts.Updating + counts.RollingBack;
const failed = ({ waves }: RolloutState): number =>
  waves.reduce((sum, { forced, counts }) => (forced ? sum : sum + counts.Failed), 0);

describe('a rollout, whatever happens to it', () => {
  it('enters no wave before all earlier ones have passed', () => {
    expectAtEveryMoment(({ state, decision }) => {
      if (decision.do !== 'begin' && decision.do !== 'start') return false;
      expect(state.waves.slice(0, decision.wave - 1).every(({ phase }) => phase === 'Passed')).toBe(true);
      expect(state.waves.slice(decision.wave).every(({ phase }) => phase === 'Pending')).toBe(true);
      return decision.wave > 1;
    });
  });

  it('skips a failed analysis only where a person has forced it, and that is in the audit', () => {
    expectInEveryHistory(({ state, audit }) => {
      const skipped = state.waves.filter(
        ({ phase, analysis: made }) => phase === 'Passed' && made?.verdict === 'failed',
      );
      for (const { number, forced } of skipped) {
        expect(forced).toBe(true);
        expect(audit).toContainEqual({ control: 'forced', wave: number });
      }
      return skipped.length > 0;
    });
  });

  it('passes a wave unjudged only where a person has forced it, and that is in the audit', () => {
    expectInEveryHistory(({ state, audit }) => {
      const unjudged = state.waves.filter(({ phase, plan, analysis: made }) => {
        return phase === 'Passed' && plan.analysis !== null && made === null;
      });
      for (const { number } of unjudged) expect(audit).toContainEqual({ control: 'forced', wave: number });
      return unjudged.length > 0;
    });
  });

  it('passes no wave whose analysis was not made', () => {
    expectAtEveryMoment(({ state, decision }) => {
      if (decision.do !== 'pass') return false;
      const wave = waveAt(state, decision.wave);
      expect(wave.plan.analysis === null || wave.analysis !== null).toBe(true);
      return wave.plan.analysis !== null;
    });
  });

  it('never exceeds the failure budget by more than the concurrency', () => {
    expectInEveryHistory(({ state }) => {
      const widest = Math.max(...state.waves.map(({ plan }) => plan.concurrency));
      expect(failed(state)).toBeLessThanOrEqual(state.failureBudget + widest);
      return failed(state) > state.failureBudget;
    });
  });

  it('starts nothing once the budget is exceeded', () => {
    expectAtEveryMoment(({ state, decision }) => {
      if (failed(state) <= state.failureBudget) return false;
      expect(['start', 'begin', 'pass']).not.toContain(decision.do);
      return state.phase === 'Progressing';
    });
  });

  it('has no more operations of a wave under way than its concurrency', () => {
    expectInEveryHistory(({ state }) => {
      const over = state.waves.filter((wave) => underWay(wave) > wave.plan.concurrency);
      expect(over).toEqual([]);
      return state.waves.some((wave) => underWay(wave) === wave.plan.concurrency);
    });
  });

  it('starts nothing after an abort, in neither direction', () => {
    expectAtEveryMoment(({ state, decision }) => {
      if (state.pauseReason !== 'aborting') return false;
      expect(['wait', 'end']).toContain(decision.do);
      return true;
    });
  });

  it('never comes back from an abort', () => {
    expectInEveryHistory(({ wasAborted, phase, pauseReason }) => {
      if (wasAborted) expect(phase === 'Aborted' || pauseReason === 'aborting').toBe(true);
      return wasAborted;
    });
  });

  it('starts nothing while it is paused', () => {
    expectAtEveryMoment(({ state, decision }) => {
      if (state.phase !== 'Paused') return false;
      expect(['wait', 'resume', 'pause', 'end']).toContain(decision.do);
      return true;
    });
  });

  it('starts nothing outside of its windows and after its deadline', () => {
    expectAtEveryMoment(({ state, decision, at }) => {
      if (decision.do !== 'start') return false;
      expect(state.inWindow).toBe(true);
      expect(state.deadlineAt === null || at < state.deadlineAt).toBe(true);
      return true;
    });
  });

  it('starts nothing that would lose newer work, and pauses for a person where only that is left', () => {
    expectAtEveryMoment(({ state, decision }) => {
      const wave = state.waves[state.currentWave - 1];
      if (state.phase !== 'Progressing' || wave?.phase !== 'Updating' || wave.diverged === 0) return false;
      const left = wave.counts.Pending + wave.counts.Waiting - wave.diverged;
      if (decision.do === 'start') expect(decision.atMost).toBeLessThanOrEqual(left);
      expect(['bake', 'pass', 'judge']).not.toContain(decision.do);
      if (left + underWay(wave) > 0) return false;
      expect(decision.do === 'pause' || decision.do === 'begin-rollback').toBe(true);
      return decision.do === 'pause' && decision.reason === 'state-diverged';
    });
  });

  it('goes back over targets that were updated or stranded only, newest wave first', () => {
    expectAtEveryMoment(({ state, decision }) => {
      if (decision.do !== 'roll-back') return false;
      const wave = waveAt(state, decision.wave);
      expect(decision.atMost).toBeLessThanOrEqual(wave.counts.Updated + wave.stranded);
      const newer = state.waves.slice(decision.wave);
      expect(newer.every((one) => one.counts.Updated + one.stranded + underWay(one) === 0)).toBe(true);
      return decision.wave < state.currentWave;
    });
  });

  it('does nothing any more once it has ended', () => {
    expectAtEveryMoment(({ decision }, moments) => {
      const end = moments.findIndex((moment) => moment.decision.do === 'end');
      if (end < 0 || end === moments.length - 1) return false;
      expect(decision.do).toBe('wait');
      return true;
    });
  });

  it('ends, when its operations end and persons answer its pauses', () => {
    fc.assert(
      fc.property(input, history, fc.constantFrom(...verdicts), fc.boolean(), (plan, happenings, verdict, back) => {
        const rollout = new SimulatedRollout(plan);
        for (const what of happenings) live(rollout, what, 15);
        rollout.inWindow = true;
        for (let round = 0; round < 1_000 && !rollout.ended; round += 1) {
          const decision = rollout.step(verdict);
          if (decision.do !== 'wait') continue;
          rollout.endOperation(0, 'well');
          rollout.now += 30_000;
          if (back) rollout.control('rollback', false);
          else rollout.control('promote', true);
          rollout.control('resume', false);
        }
        expect(rollout.ended).toBe(true);
        for (const { phase } of rollout.targets) expect(['Updating', 'RollingBack']).not.toContain(phase);
      }),
      { numRuns: 100 },
    );
  });

  it('says success only where every target was updated', () => {
    expectInEveryHistory((rollout) => {
      if (rollout.phase !== 'Succeeded') return false;
      expect(rollout.targets.every(({ phase }) => phase === 'Updated')).toBe(true);
      return true;
    });
  });

  it('says rolled back only where nothing stands at what it brought', () => {
    expectInEveryHistory((rollout) => {
      if (rollout.phase !== 'RolledBack') return false;
      expect(rollout.targets.some(({ phase, stranded }) => phase === 'Updated' || stranded)).toBe(false);
      return true;
    });
  });
});

describe('a rollout, in particular', () => {
  const wave = (more: Partial<WaveState> = {}): WaveState => ({
    number: 1,
    phase: 'Updating',
    plan: { concurrency: 2, bakeSeconds: 60, analysis: null, then: 'continue' },
    counts: countsOf({ Pending: 5 }),
    stranded: 0,
    diverged: 0,
    bakeUntil: null,
    analysis: null,
    forced: false,
    ...more,
  });
  const state = (more: Partial<RolloutState> = {}): RolloutState => ({
    phase: 'Progressing',
    pauseReason: null,
    currentWave: 1,
    waves: [wave()],
    failureBudget: 0,
    onBudgetExceeded: 'pause',
    deadlineAt: null,
    inWindow: true,
    ...more,
  });
  const now = new Date('2026-11-22T12:00:00Z');

  it('has its configurations checked before anything else, and not past its deadline', () => {
    const pending = state({ phase: 'Pending', currentWave: 0 });
    expect(decide(pending, now)).toEqual({ do: 'check' });
    expect(decide({ ...pending, deadlineAt: now }, now)).toEqual({ do: 'pause', reason: 'deadline' });
  });

  it('fills up the window, and no more', () => {
    const waves = [wave({ counts: countsOf({ Pending: 4, Updating: 1 }) })];
    expect(decide(state({ waves }), now)).toEqual({ do: 'start', wave: 1, atMost: 1 });
  });

  it('bakes a wave when its last target is up', () => {
    const waves = [wave({ counts: countsOf({ Updated: 5 }) })];
    expect(decide(state({ waves }), now)).toEqual({ do: 'bake', wave: 1, until: new Date('2026-11-22T12:01:00Z') });
  });

  it('wakes for the deadline where that comes before the end of the bake', () => {
    const deadlineAt = new Date('2026-11-22T12:00:20Z');
    const waves = [wave({ phase: 'Baking', bakeUntil: new Date('2026-11-22T12:01:00Z') })];
    expect(decide(state({ waves, deadlineAt }), now)).toEqual({ do: 'wait', until: deadlineAt });
  });

  it('pauses when the deadline has passed', () => {
    expect(decide(state({ deadlineAt: now }), now)).toEqual({ do: 'pause', reason: 'deadline' });
  });

  it('ends in time though the deadline has passed since the last wave', () => {
    const waves = [wave({ phase: 'Passed', counts: countsOf({ Updated: 5 }) })];
    expect(decide(state({ waves, deadlineAt: now }), now)).toEqual({ do: 'end', phase: 'Succeeded' });
  });

  it.each([
    [{ Updated: 4, Failed: 1 }, 'PartiallyFailed'],
    [{ Updated: 4, Skipped: 1 }, 'PartiallyFailed'],
    [{ Failed: 5 }, 'Failed'],
    [{ Updated: 5 }, 'Succeeded'],
  ] as const)('with %j ends %s', (counts, phase) => {
    const waves = [wave({ phase: 'Passed', counts: countsOf(counts) })];
    expect(decide(state({ waves, failureBudget: 5 }), now)).toEqual({ do: 'end', phase });
  });

  it('begins the wave that a promotion named', () => {
    const waves = [wave({ phase: 'Passed' }), wave({ number: 2, phase: 'Pending' })];
    expect(decide(state({ waves, currentWave: 2 }), now)).toEqual({ do: 'begin', wave: 2 });
  });

  it('goes on by itself when the window opens', () => {
    const paused = state({ phase: 'Paused', pauseReason: 'outside-window' });
    expect(decide({ ...paused, inWindow: false }, now)).toEqual({ do: 'wait', until: null });
    expect(decide(paused, now)).toEqual({ do: 'resume' });
  });
});
