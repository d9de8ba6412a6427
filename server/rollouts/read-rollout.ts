import type { Transaction } from '../persistence/transaction.ts';
import { RolloutDecision } from './rollout-decision.entity.ts';
import { RolloutWave } from './rollout-wave.entity.ts';
import type { Rollout } from './rollout.entity.ts';
import type { TargetCounts } from './planner/state.ts';
import { countTargets } from './target-counts.ts';

/** A rollout with its waves and its timeline. */
export interface RolloutView {
  rollout: Rollout;
  waves: RolloutWave[];
  /** By wave. */
  counts: ReadonlyMap<number, TargetCounts>;
  decisions: RolloutDecision[];
}

const newestDecisions = 500;

export async function readRollout(tx: Transaction, rollout: Rollout): Promise<RolloutView> {
  const of = { tenantId: rollout.tenantId, rolloutId: rollout.id };
  const waves = await tx.em.find(RolloutWave, of, { orderBy: { number: 'asc' } });
  const decisions = await tx.em.find(RolloutDecision, of, {
    orderBy: { createdAt: 'desc', id: 'desc' },
    limit: newestDecisions,
  });
  return { rollout, waves, counts: await countTargets(tx, rollout), decisions: decisions.reverse() };
}
