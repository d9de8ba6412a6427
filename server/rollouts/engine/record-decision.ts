import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../../persistence/transaction.ts';
import { RolloutDecision, type DecisionKind } from '../rollout-decision.entity.ts';
import type { Rollout } from '../rollout.entity.ts';

export interface RuleDecision {
  kind: DecisionKind;
  wave?: number;
  reason?: string;
  detail?: Record<string, unknown>;
}

/** Writes into the timeline what a rule decided, and not a person. */
export function recordDecision(tx: Transaction, rollout: Rollout, decision: RuleDecision): void {
  tx.em.create(RolloutDecision, {
    tenantId: rollout.tenantId,
    id: uuidv7(),
    rolloutId: rollout.id,
    kind: decision.kind,
    wave: decision.wave ?? null,
    actorId: null,
    actorName: 'platform',
    reason: decision.reason ?? null,
    detail: decision.detail ?? {},
    createdAt: new Date(),
  });
}
