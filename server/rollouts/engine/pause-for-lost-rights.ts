import { PauseReason, RolloutPhase } from '../../../workflows/contracts/phases.ts';
import { onBehalfOf } from '../../operations/requester.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Rollout } from '../rollout.entity.ts';
import { announce } from './announce.ts';
import { pauseRollout } from './move-rollout.ts';
import { readTallies, totalsOf } from './read-state.ts';

/**
 * Whoever asked for the rollout may no longer do what it does: it begins nothing until somebody who may resumes it. Of
 * all targets that are refused at the same time the first one pauses it, and so there is one entry in the audit.
 */
export async function pauseForLostRights(tx: Transaction, rolloutId: string, detail: string): Promise<void> {
  const rollout = await lockRow(tx, Rollout, 'rollouts', rolloutId);
  if (rollout?.phase !== RolloutPhase.Progressing) return;
  rollout.generation += 1;
  pauseRollout(tx, rollout, PauseReason.RightsLost, detail);
  tx.audit({
    tenantId: rollout.tenantId,
    ...onBehalfOf({ userId: rollout.requestedBy ?? null, name: rollout.requestedByName }),
    action: 'rollout.advance',
    objectType: 'rollout',
    objectId: rollout.id,
    objectName: rollout.name,
    outcome: 'denied',
    detail: { reason: detail, kind: rollout.kind, wave: rollout.currentWave },
    requestId: rollout.requestId ?? null,
  });
  announce(tx, rollout, totalsOf(await readTallies(tx, rolloutId)));
}
