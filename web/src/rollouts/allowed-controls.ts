import type { RolloutSummary } from '../api/types.ts';
import type { MessageKey } from '../i18n/use-text.ts';
import { endedPhases } from './rollout-words.ts';

export type Control = RolloutSummary['actions'][number];

export interface AllowedControl {
  control: Control;
  /** Why it cannot be done at this moment; null when it can. */
  refusal: MessageKey | null;
}

type Subject = Pick<RolloutSummary, 'phase' | 'pauseReason' | 'kind' | 'actions' | 'permissions'>;

/** Which controls make sense beside each other; the api says which of them it would take now. */
export function allowedControls(rollout: Subject): AllowedControl[] {
  return fitting(rollout).map((control) => ({
    control,
    refusal: rollout.actions.includes(control) ? null : refusalOf(control, rollout),
  }));
}

function fitting({ phase, pauseReason, kind }: Subject): Control[] {
  if (endedPhases.has(phase)) return ['retry'];
  const toggle: Control = phase === 'Paused' && pauseReason !== 'outside-window' ? 'resume' : 'pause';
  const isPowerOnly = kind === 'start' || kind === 'stop' || kind === 'restart';
  return [toggle, 'promote', ...(isPowerOnly ? [] : (['rollback'] as const)), 'abort'];
}

function refusalOf(control: Control, rollout: Subject): MessageKey {
  const held = rollout.permissions as readonly string[];
  if (control === 'retry') {
    return held.includes('rollout:create') ? 'rollouts.controlRefused.retry' : 'rollouts.controlRefused.rights';
  }
  if (!held.includes('rollout:control')) return 'rollouts.controlRefused.rights';
  if (control === 'promote' && needsForce(rollout)) return 'rollouts.controlRefused.force';
  return `rollouts.controlRefused.${control}`;
}

/** Going on overrules what the platform found. */
export const needsForce = ({ phase, pauseReason }: Pick<Subject, 'phase' | 'pauseReason'>): boolean =>
  phase === 'Paused' && (pauseReason === 'analysis-failed' || pauseReason === 'failure-budget');
