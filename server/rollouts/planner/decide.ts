import { PauseReason, RolloutPhase, WavePhase } from '../../../workflows/contracts/phases.ts';
import type { Decision, RolloutState, WaveState } from './state.ts';

/**
 * The state machine of a rollout: what follows from its rows, and nothing else. It is asked again after each step that
 * it named, so that a crash between two steps only means to ask once more.
 * A rollout that has ended waits.
 */
export function decide(state: RolloutState, now: Date): Decision {
  switch (state.phase) {
    case RolloutPhase.Pending:
      return isPast(state.deadlineAt, now) ? { do: 'pause', reason: PauseReason.Deadline } : { do: 'check' };
    case RolloutPhase.Progressing:
      return progress(state, now);
    case RolloutPhase.Paused:
      return stayPaused(state, now);
    case RolloutPhase.RollingBack:
      return rollBack(state);
    default:
      return wait();
  }
}

function progress(state: RolloutState, now: Date): Decision {
  const wave = state.waves[state.currentWave - 1];
  if (wave && failuresThatCount(state) > state.failureBudget) {
    return state.onBudgetExceeded === 'rollback'
      ? { do: 'begin-rollback', reason: PauseReason.FailureBudget }
      : { do: 'pause', reason: PauseReason.FailureBudget };
  }
  const isLast = state.currentWave === state.waves.length;
  if (wave?.phase === WavePhase.Passed && isLast) return { do: 'end', phase: resultOf(state) };
  if (isPast(state.deadlineAt, now)) return { do: 'pause', reason: PauseReason.Deadline };
  if (!wave || wave.phase === WavePhase.Passed) return goOn(state, wave);
  switch (wave.phase) {
    case WavePhase.Pending: // a person's promotion named it
      return { do: 'begin', wave: wave.number };
    case WavePhase.Baking:
      return bake(wave, state, now);
    case WavePhase.Judged:
      return follow(wave);
    default:
      return update(wave, state, now);
  }
}

/** Between two waves. */
function goOn(state: RolloutState, passed: WaveState | undefined): Decision {
  if (passed?.plan.then === 'pause') return { do: 'pause', reason: PauseReason.WavePassed };
  return { do: 'begin', wave: state.currentWave + 1 };
}

function update(wave: WaveState, state: RolloutState, now: Date): Decision {
  const { Pending, Waiting, Updating } = wave.counts;
  const left = Pending + Waiting - wave.diverged;
  if (left + Updating === 0) {
    if (wave.diverged > 0) return { do: 'pause', reason: PauseReason.StateDiverged };
    return { do: 'bake', wave: wave.number, until: new Date(now.getTime() + wave.plan.bakeSeconds * 1_000) };
  }
  if (left > 0 && !state.inWindow) return { do: 'pause', reason: PauseReason.OutsideWindow };
  const atMost = Math.min(left, wave.plan.concurrency - Updating);
  return atMost > 0 ? { do: 'start', wave: wave.number, atMost } : wait(state.deadlineAt);
}

function bake(wave: WaveState, { deadlineAt }: RolloutState, now: Date): Decision {
  if (wave.bakeUntil && now < wave.bakeUntil) return wait(earlier(wave.bakeUntil, deadlineAt));
  return wave.plan.analysis ? { do: 'judge', wave: wave.number } : { do: 'pass', wave: wave.number };
}

/** What follows a verdict. A failed one is overruled only by a person, who marks the wave `Passed` himself. */
function follow({ number, plan, analysis }: WaveState): Decision {
  switch (analysis?.verdict) {
    case 'passed':
      return { do: 'pass', wave: number };
    case 'failed':
      return plan.analysis?.onFailure === 'pause'
        ? { do: 'pause', reason: PauseReason.AnalysisFailed }
        : { do: 'begin-rollback', reason: PauseReason.AnalysisFailed };
    default:
      return plan.analysis?.onInconclusive === 'continue'
        ? { do: 'pass', wave: number }
        : { do: 'pause', reason: PauseReason.AnalysisInconclusive };
  }
}

function stayPaused(state: RolloutState, now: Date): Decision {
  if (state.pauseReason === PauseReason.Aborting) {
    return inFlight(state) === 0 ? { do: 'end', phase: RolloutPhase.Aborted } : wait();
  }
  if (state.pauseReason !== PauseReason.OutsideWindow) return wait();
  if (isPast(state.deadlineAt, now)) return { do: 'pause', reason: PauseReason.Deadline };
  return state.inWindow ? { do: 'resume' } : wait(state.deadlineAt);
}

/** Newest wave first; an older one only when nothing of the newer is left or under way. */
function rollBack(state: RolloutState): Decision {
  const wave = state.waves.findLast(({ counts, stranded }) => undoable(counts.Updated, stranded) + busy(counts) > 0);
  if (!wave) return { do: 'end', phase: resultOfRollback(state) };
  const room = wave.plan.concurrency - busy(wave.counts);
  const atMost = Math.min(room, undoable(wave.counts.Updated, wave.stranded));
  return atMost > 0 ? { do: 'roll-back', wave: wave.number, atMost } : wait();
}

const undoable = (updated: number, stranded: number): number => updated + stranded;

const busy = ({ Updating, RollingBack }: WaveState['counts']): number => Updating + RollingBack;

const inFlight = ({ waves }: RolloutState): number => waves.reduce((sum, { counts }) => sum + busy(counts), 0);

const wait = (until: Date | null = null): Decision => ({ do: 'wait', until });

const isPast = (time: Date | null, now: Date): boolean => time !== null && now >= time;

const earlier = (a: Date, b: Date | null): Date => (b && b < a ? b : a);

const failuresThatCount = ({ waves }: RolloutState): number =>
  waves.reduce((sum, { forced, counts }) => (forced ? sum : sum + counts.Failed), 0);

const total = ({ waves }: RolloutState, phase: keyof WaveState['counts']): number =>
  waves.reduce((sum, { counts }) => sum + counts[phase], 0);

/** Left-alone targets are no success either: what did not get there is never hidden. */
function resultOf(state: RolloutState): Extract<RolloutPhase, 'Succeeded' | 'PartiallyFailed' | 'Failed'> {
  if (total(state, 'Failed') + total(state, 'Skipped') === 0) return RolloutPhase.Succeeded;
  return total(state, 'Updated') > 0 ? RolloutPhase.PartiallyFailed : RolloutPhase.Failed;
}

const resultOfRollback = (state: RolloutState): Extract<RolloutPhase, 'RolledBack' | 'PartiallyFailed'> =>
  total(state, 'RollbackFailed') > 0 ? RolloutPhase.PartiallyFailed : RolloutPhase.RolledBack;
