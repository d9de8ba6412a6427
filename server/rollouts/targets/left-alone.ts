import type { RolloutKind } from '../../../workflows/contracts/rollouts.ts';
import type { Candidate, Refusal } from './candidate.ts';

/** Rolled back so often, it is for a person to find out why. */
const rollbacksAtMost = 3;

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
  if (rollbacks >= rollbacksAtMost && bringsSomethingNew.includes(kind)) {
    return { code: 'instance.rolled-back-often', detail: `It was rolled back ${rollbacks} times.` };
  }
  return null;
}
