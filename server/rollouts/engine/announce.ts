import type { Transaction } from '../../persistence/transaction.ts';
import type { TargetCounts } from '../planner/state.ts';
import type { Rollout } from '../rollout.entity.ts';

/** Tells the portal and every other follower of events how far the rollout is. */
export function announce(
  tx: Transaction,
  rollout: Rollout,
  counts: TargetCounts,
  actorName: string = rollout.requestedByName,
): void {
  tx.emit({
    type: 'rollout.changed',
    tenantId: rollout.tenantId,
    projectId: rollout.projectId,
    actorName,
    data: {
      id: rollout.id,
      kind: rollout.kind,
      phase: rollout.phase,
      name: rollout.name,
      wave: rollout.currentWave,
      counts,
    },
  });
}
