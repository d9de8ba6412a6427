import type { RolloutKind } from '../../../workflows/contracts/rollouts.ts';
import { isLeftAlone } from '../../instances/left-alone.ts';
import type { Candidate, Refusal } from './candidate.ts';

const bringsSomethingNew: readonly RolloutKind[] = ['configuration', 'image'];

/** Why no rollout of this kind touches the instance, whatever it would bring; null where one may. */
export function leftAlone(candidate: Candidate, kind: RolloutKind): Refusal | null {
  const { deleted, phase, rollbacks } = candidate;
  if (deleted || phase === 'Deleted' || phase === 'Deleting') {
    return { code: 'instance.deleted', detail: 'It is deleted, or on its way.' };
  }
  if (phase === 'Failed') {
    return { code: 'instance.state-conflict', detail: 'Its creation failed and left nothing.' };
  }
  if (isLeftAlone(candidate) && bringsSomethingNew.includes(kind)) {
    return { code: 'instance.rolled-back-often', detail: `It was rolled back ${rollbacks} times.` };
  }
  return null;
}
