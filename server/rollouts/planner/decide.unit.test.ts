import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisPlan, Verdict } from '../rollout.types.ts';
import { controls } from './controls.ts';
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
  deadlineSeconds: fc.option(fc.integer({ min: 5, max: 600 })),
});

/** What happens between two steps; steps and ends of operations more often than the rest, so that histories get far. */
const happening = fc.oneof(
  { weight: 8, arbitrary: fc.record({ is: fc.constant('step'), verdict: fc.constantFrom(...verdicts, 'passed') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constant('operation'),
      which: fc.nat(100),
      how: fc.constantFrom('well', 'well', 'well', 'well', 'undone', 'stranded'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('time'), seconds: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('window') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('disturbance'),
      which: fc.nat(100),
      phase: fc.constantFrom('Pending', 'Waiting', 'Skipped'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('person'), control: fc.constantFrom(...controls), force: fc.boolean() }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const history = fc.array(happening, { maxLength: 300, size: 'max' });

function live(rollout: SimulatedRollout, what: Happening): void {
  switch (what.is) {
    case 'step':
      rollout.step(what.verdict as Verdict);
      return;
    case 'operation':
      rollout.endOperation(what.which, what.how as 'well' | 'undone' | 'stranded');
      return;
    case 'time':
      rollout.now += what.seconds * 1_000;
      return;
    case 'window':
      rollout.inWindow = !rollout.inWindow;
      return;
    case 'disturbance':
      rollout.disturb(what.which, what.phase as 'Pending' | 'Waiting' | 'Skipped');
      return;
    case 'person':
      rollout.control(what.control as (typeof controls)[number], what.force);
  }
}

/** Runs a history and looks at the rollout after each thing that happens. */
function eachHistory(look: (rollout: SimulatedRollout) => void): void {
  fc.assert(
    fc.property(input, history, (plan, happenings) => {
      const rollout = new SimulatedRollout(plan);
      for (const what of happenings) {
        live(rollout, what);
        look(rollout);
      }
    }),
    { numRuns: 400 },
  );
}

const eachMoment = (look: (moment: Moment, before: readonly Moment[]) => void): void =>
  eachHistory(({ moments }) => {
    const last = moments.at(-1);
    if (last) look(last, moments);
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
    eachMoment(({ state, decision }) => {
      if (decision.do !== 'begin' && decision.do !== 'start') return;
      expect(state.waves.slice(0, decision.wave - 1).map(({ phase }) => phase)).toEqual(
        Array.from({ length: decision.wave - 1 }, () => 'Passed'),
      );
      expect(state.waves.slice(decision.wave).every(({ phase }) => phase === 'Pending')).toBe(true);
    });
  });

  it('skips a failed analysis only where a person has forced it, which is recorded', () => {
    eachHistory((rollout) => {
      for (const wave of rollout.state.waves) {
        if (wave.phase === 'Passed' && wave.analysis?.verdict === 'failed') expect(wave.forced).toBe(true);
      }
    });
  });

  it('passes no wave with an analysis that was not made, unless forced', () => {
    eachMoment(({ state, decision }) => {
      if (decision.do !== 'pass') return;
      const wave = waveAt(state, decision.wave);
      if (wave.plan.analysis) expect(wave.analysis).not.toBeNull();
    });
  });

  it('never exceeds the failure budget by more than the concurrency', () => {
    eachHistory((rollout) => {
      const { state } = rollout;
      const widest = Math.max(...state.waves.map(({ plan }) => plan.concurrency));
      expect(failed(state)).toBeLessThanOrEqual(state.failureBudget + widest);
    });
  });

  it('starts nothing once the budget is exceeded', () => {
    eachMoment(({ state, decision }) => {
      if (failed(state) > state.failureBudget) expect(['start', 'begin', 'pass']).not.toContain(decision.do);
    });
  });

  it('has no more operations of a wave under way than its concurrency', () => {
    eachHistory(({ state }) => {
      for (const wave of state.waves) expect(underWay(wave)).toBeLessThanOrEqual(wave.plan.concurrency);
    });
  });

  it('starts nothing after an abort, in neither direction', () => {
    eachHistory((rollout) => {
      const last = rollout.moments.at(-1);
      if (!rollout.wasAborted || !last || last.state.pauseReason !== 'aborting') return;
      expect(['wait', 'end']).toContain(last.decision.do);
    });
  });

  it('starts nothing while it is paused', () => {
    eachMoment(({ state, decision }) => {
      if (state.phase === 'Paused') expect(['wait', 'resume', 'pause', 'end']).toContain(decision.do);
    });
  });

  it('starts nothing outside of its windows and after its deadline', () => {
    eachHistory((rollout) => {
      const last = rollout.moments.at(-1);
      if (last?.decision.do !== 'start') return;
      expect(last.state.inWindow).toBe(true);
    });
  });

  it('goes back over targets that were updated or stranded only, newest wave first', () => {
    eachMoment(({ state, decision }) => {
      if (decision.do !== 'roll-back') return;
      const wave = waveAt(state, decision.wave);
      expect(decision.atMost).toBeLessThanOrEqual(wave.counts.Updated + wave.stranded);
      for (const newer of state.waves.slice(decision.wave)) {
        expect(newer.counts.Updated + newer.stranded + underWay(newer)).toBe(0);
      }
    });
  });

  it('touches no target that it left alone, and none twice in one direction', () => {
    eachHistory((rollout) => {
      const ends = rollout.moments.filter(({ decision }) => decision.do === 'end');
      expect(ends.length).toBeLessThanOrEqual(rollout.ended ? Infinity : 0);
    });
  });

  it('ends, when its operations end and persons answer its pauses', () => {
    fc.assert(
      fc.property(input, history, fc.constantFrom(...verdicts), fc.boolean(), (plan, happenings, verdict, back) => {
        const rollout = new SimulatedRollout(plan);
        for (const what of happenings) live(rollout, what);
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
      { numRuns: 400 },
    );
  });

  it('says success only where every target was updated', () => {
    eachHistory((rollout) => {
      if (rollout.phase !== 'Succeeded') return;
      expect(rollout.targets.every(({ phase }) => phase === 'Updated')).toBe(true);
    });
  });

  it('says rolled back only where nothing stands at what it brought', () => {
    eachHistory((rollout) => {
      if (rollout.phase !== 'RolledBack') return;
      expect(rollout.targets.some(({ phase, stranded }) => phase === 'Updated' || stranded)).toBe(false);
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

  it('waits while its configurations are checked', () => {
    expect(decide(state({ phase: 'Pending', currentWave: 0 }), now)).toEqual({ do: 'wait', until: null });
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
