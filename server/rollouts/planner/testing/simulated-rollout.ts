import {
  isOpenRollout,
  PauseReason,
  RolloutPhase,
  TargetPhase,
  WavePhase,
} from '../../../../workflows/contracts/phases.ts';
import type { AnalysisResult, Verdict } from '../../rollout.types.ts';
import { countsOf } from '../../target-counts.ts';
import { takes, type Control } from '../controls.ts';
import { decide } from '../decide.ts';
import type { Decision, RolloutState, WaveState } from '../state.ts';
import { aborted, goingBack, goingOn, paused, promoted, resumed, type Course } from '../transitions.ts';

export interface SimulatedTarget {
  phase: TargetPhase;
  /** Failed, and left at the revision that the rollout brought. */
  stranded: boolean;
  /** Waits for a person to agree that its newer work is lost. */
  diverged: boolean;
}

interface SimulatedWave extends Omit<WaveState, 'counts' | 'stranded' | 'diverged'> {
  targets: SimulatedTarget[];
}

export interface SimulatedWaveInput {
  targets: number;
  plan: WaveState['plan'];
}

export interface SimulationInput {
  waves: SimulatedWaveInput[];
  failureBudget: number;
  onBudgetExceeded: 'pause' | 'rollback';
  deadlineSeconds: number | null;
}

/** A decision with the state that it was made in. */
export interface Moment {
  state: RolloutState;
  decision: Decision;
  at: Date;
}

/**
 * A rollout whose operations end as they are told, carried along by `decide`; the world that its properties are about.
 * Persons act on it as the api lets them.
 */
export class SimulatedRollout {
  now = 0;
  inWindow = true;
  phase: RolloutPhase = RolloutPhase.Progressing;
  pauseReason: PauseReason | null = null;
  isGoingBack = false;
  wasAborted = false;
  readonly moments: Moment[] = [];
  /** What persons decided over a wave, as the timeline and the audit log keep it. */
  readonly audit: { control: 'promoted' | 'forced'; wave: number | null }[] = [];
  readonly #input: SimulationInput;
  readonly #waves: SimulatedWave[];
  #currentWave = 0;
  #deadlineAt: Date | null;

  constructor(input: SimulationInput) {
    this.#input = input;
    this.#deadlineAt = input.deadlineSeconds === null ? null : new Date(input.deadlineSeconds * 1_000);
    this.#waves = input.waves.map(({ targets, plan }, index) => ({
      number: index + 1,
      phase: WavePhase.Pending,
      plan,
      targets: Array.from({ length: targets }, () => ({
        phase: TargetPhase.Pending,
        stranded: false,
        diverged: false,
      })),
      bakeUntil: null,
      analysis: null,
      forced: false,
    }));
  }

  get ended(): boolean {
    return !isOpenRollout(this.phase);
  }

  get waves(): readonly SimulatedWave[] {
    return this.#waves;
  }

  get targets(): SimulatedTarget[] {
    return this.#waves.flatMap(({ targets }) => targets);
  }

  get state(): RolloutState {
    return {
      phase: this.phase,
      pauseReason: this.pauseReason,
      currentWave: this.#currentWave,
      waves: this.#waves.map(({ targets, ...wave }) => ({
        ...wave,
        counts: countsOf(tally(targets)),
        stranded: targets.filter(isStranded).length,
        diverged: targets.filter(({ diverged }) => diverged).length,
      })),
      failureBudget: this.#input.failureBudget,
      onBudgetExceeded: this.#input.onBudgetExceeded,
      deadlineAt: this.#deadlineAt,
      inWindow: this.inWindow,
    };
  }

  /** Asks what comes next and does it. `verdict` is what an analysis would find now. */
  step(verdict: Verdict): Decision {
    const { state } = this;
    const at = new Date(this.now);
    const decision = decide(state, at);
    this.moments.push({ state, decision, at });
    this.#carryOut(decision, verdict);
    return decision;
  }

  /** One of the operations under way ends. */
  endOperation(which: number, how: 'well' | 'undone' | 'stranded' | 'diverged'): void {
    const underWay = this.targets.filter(({ phase }) => isUnderWay(phase));
    const target = underWay[which % Math.max(1, underWay.length)];
    if (!target) return;
    if (target.phase === TargetPhase.Updating && how === 'diverged') {
      Object.assign(target, { phase: TargetPhase.Waiting, diverged: true });
    } else if (target.phase === TargetPhase.Updating) {
      target.phase = how === 'well' ? TargetPhase.Updated : TargetPhase.Failed;
      target.stranded = how === 'stranded';
    } else {
      target.phase = how === 'well' ? TargetPhase.RolledBack : TargetPhase.RollbackFailed;
      target.stranded = false;
    }
  }

  /** Another operation takes or leaves one of the instances that have not begun, or it is gone for good. */
  disturb(which: number, phase: 'Pending' | 'Waiting' | 'Skipped'): void {
    const open = this.targets.filter(isStartable);
    const target = open[which % Math.max(1, open.length)];
    if (target) target.phase = phase;
  }

  /** A person acts, where the api would let him; `force` also agrees to lose newer work. @returns whether it did */
  control(control: Control, force: boolean): boolean {
    const wave = this.#waves[this.#currentWave - 1];
    const { phase, pauseReason, isGoingBack } = this;
    const subject = { phase, pauseReason, isGoingBack, wavePhase: wave?.phase ?? null, unfinished: 0 };
    if (!takes({ ...subject, kind: 'configuration' }, control)) return false;
    switch (control) {
      case 'pause':
        this.#take(paused(PauseReason.Requested));
        return true;
      case 'resume':
        if (pauseReason === PauseReason.Deadline) this.#deadlineAt = null;
        for (const target of this.targets.filter(
          ({ diverged }) => diverged && pauseReason === PauseReason.StateDiverged,
        )) {
          target.diverged = false;
          if (!force) target.phase = TargetPhase.Skipped;
        }
        this.#take(resumed({ isGoingBack, isChecked: true }));
        return true;
      case 'promote':
        return this.#promote(wave, force);
      case 'abort':
        this.wasAborted = true;
        this.#take(aborted);
        return true;
      case 'rollback':
        this.#goBack();
        return true;
      case 'retry':
        return false; // another rollout
    }
  }

  #promote(wave: SimulatedWave | undefined, force: boolean): boolean {
    const promotion = promoted(
      {
        phase: this.phase,
        pauseReason: this.pauseReason,
        currentWave: this.#currentWave,
        waveCount: this.#waves.length,
        wavePhase: wave?.phase ?? null,
      },
      { force },
    );
    if (!promotion) return false;
    this.audit.push({ control: promotion.isForced ? 'forced' : 'promoted', wave: wave?.number ?? null });
    if (wave && promotion.isForced) wave.forced = true;
    if (wave && promotion.wave === 'is-judged') wave.bakeUntil = new Date(this.now);
    if (wave && promotion.wave === 'passes') wave.phase = WavePhase.Passed;
    this.#currentWave = promotion.currentWave;
    this.#take(promotion.course);
    return true;
  }

  #carryOut(decision: Decision, verdict: Verdict): void {
    switch (decision.do) {
      case 'begin':
        this.#currentWave = decision.wave;
        this.#waveAt(decision.wave).phase = WavePhase.Updating;
        return;
      case 'start':
        this.#move(decision, isStartable, TargetPhase.Updating);
        return;
      case 'roll-back':
        this.#move(decision, (one) => one.phase === 'Updated' || isStranded(one), TargetPhase.RollingBack);
        return;
      case 'bake':
        Object.assign(this.#waveAt(decision.wave), { phase: WavePhase.Baking, bakeUntil: decision.until });
        return;
      case 'judge':
        Object.assign(this.#waveAt(decision.wave), { phase: WavePhase.Judged, analysis: resultOf(verdict) });
        return;
      case 'pass':
        this.#waveAt(decision.wave).phase = WavePhase.Passed;
        return;
      case 'pause':
        this.#take(paused(decision.reason));
        return;
      case 'resume':
        this.#take(goingOn);
        return;
      case 'begin-rollback':
        this.#goBack();
        return;
      case 'end':
        this.phase = decision.phase;
        return;
      case 'check':
      case 'wait':
    }
  }

  #move(
    { wave, atMost }: { wave: number; atMost: number },
    isMovable: (target: SimulatedTarget) => boolean,
    to: TargetPhase,
  ): void {
    for (const target of this.#waveAt(wave).targets.filter(isMovable).slice(0, atMost)) {
      target.phase = to;
      target.stranded = false;
    }
  }

  #waveAt(number: number): SimulatedWave {
    const wave = this.#waves[number - 1];
    if (!wave) throw new Error(`there is no wave ${number}`);
    return wave;
  }

  #take({ phase, pauseReason }: Course): void {
    this.phase = phase;
    this.pauseReason = pauseReason;
  }

  #goBack(): void {
    this.isGoingBack = true;
    this.#take(goingBack);
  }
}

const isUnderWay = (phase: TargetPhase): boolean => phase === 'Updating' || phase === 'RollingBack';

const isStartable = ({ phase, diverged }: SimulatedTarget): boolean =>
  (phase === 'Pending' || phase === 'Waiting') && !diverged;

const isStranded = ({ phase, stranded }: SimulatedTarget): boolean => phase === 'Failed' && stranded;

function tally(targets: readonly SimulatedTarget[]): Partial<Record<TargetPhase, number>> {
  const counts: Partial<Record<TargetPhase, number>> = {};
  for (const { phase } of targets) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}

const resultOf = (verdict: Verdict): AnalysisResult => ({ verdict, at: new Date(0).toISOString(), rules: [] });
