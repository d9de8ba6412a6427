import { isOpenRollout, PauseReason, RolloutPhase, WavePhase } from '../../../workflows/contracts/phases.ts';
import { RolloutKind } from '../../../workflows/contracts/rollouts.ts';

export const controls = ['pause', 'resume', 'promote', 'abort', 'rollback', 'retry'] as const;
export type Control = (typeof controls)[number];

/** What decides which controls a rollout takes. */
export interface Controllable {
  phase: RolloutPhase;
  pauseReason: PauseReason | null;
  kind: RolloutKind;
  /** Of the current wave; null before the first. */
  wavePhase: WavePhase | null;
  isGoingBack: boolean;
  /** Targets that failed, were left alone, or never began. */
  unfinished: number;
}

/** Ended by `resume`; the others are ended by a judgement (`promote`, `rollback`), or by themselves. */
const resumable: readonly PauseReason[] = [PauseReason.Requested, PauseReason.Deadline, PauseReason.RightsLost];

/** A person's word is enough. */
const promotable: readonly PauseReason[] = [PauseReason.WavePassed, PauseReason.AnalysisInconclusive];

/** A person overrules the platform: only with force. */
const forcible: readonly PauseReason[] = [PauseReason.AnalysisFailed, PauseReason.FailureBudget];

/** There is no older revision to go back to where only the power was changed. */
const irreversible: readonly RolloutKind[] = [RolloutKind.Start, RolloutKind.Stop, RolloutKind.Restart];

export const isReversible = (kind: RolloutKind): boolean => !irreversible.includes(kind);

const isIn = (reasons: readonly PauseReason[], reason: PauseReason | null): boolean =>
  reason !== null && reasons.includes(reason);

const tests: Record<Control, (rollout: Controllable) => boolean> = {
  pause: ({ phase, pauseReason }) =>
    phase === RolloutPhase.Paused ? pauseReason === PauseReason.OutsideWindow : isOpenRollout(phase),
  resume: ({ phase, pauseReason, isGoingBack }) =>
    phase === RolloutPhase.Paused &&
    (isIn(resumable, pauseReason) || (pauseReason === PauseReason.StateDiverged && !isGoingBack)),
  promote: (rollout) =>
    isBaking(rollout) ||
    (rollout.phase === RolloutPhase.Paused && isIn([...promotable, ...forcible], rollout.pauseReason)),
  abort: ({ phase, pauseReason }) => isOpenRollout(phase) && pauseReason !== PauseReason.Aborting,
  rollback: ({ phase, pauseReason, kind, isGoingBack }) =>
    isReversible(kind) &&
    (phase === RolloutPhase.Progressing || phase === RolloutPhase.Paused) &&
    pauseReason !== PauseReason.Aborting &&
    (!isGoingBack || pauseReason === PauseReason.StateDiverged),
  retry: ({ phase, unfinished }) => !isOpenRollout(phase) && unfinished > 0,
};

const isBaking = ({ phase, wavePhase }: Controllable): boolean =>
  phase === RolloutPhase.Progressing && wavePhase === WavePhase.Baking;

export const takes = (rollout: Controllable, control: Control): boolean => tests[control](rollout);

export const controlsOf = (rollout: Controllable): Control[] => controls.filter((control) => takes(rollout, control));

/** Whether going on now means to overrule a failed analysis or an exceeded budget. */
export const needsForce = ({ phase, pauseReason }: Pick<Controllable, 'phase' | 'pauseReason'>): boolean =>
  phase === RolloutPhase.Paused && isIn(forcible, pauseReason);
