import { v7 as uuidv7 } from 'uuid';
import type { Requester } from '../operations/requester.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { announce } from './engine/announce.ts';
import { RolloutDecision, type DecisionKind } from './rollout-decision.entity.ts';
import type { Rollout } from './rollout.entity.ts';
import { countTargets, sumOf } from './target-counts.ts';

export interface PersonsDecision {
  kind: DecisionKind;
  wave?: number;
  reason?: string;
  detail?: Record<string, unknown>;
  by: Requester;
}

/** What a person decided: in the rollout's timeline, in the audit log, and told to everyone who follows it. */
export async function recordControl(tx: Transaction, rollout: Rollout, decision: PersonsDecision): Promise<void> {
  const { by, kind, wave, reason, detail = {} } = decision;
  const { tenantId, id } = rollout;
  tx.em.create(RolloutDecision, {
    tenantId,
    id: uuidv7(),
    rolloutId: id,
    kind,
    wave: wave ?? null,
    actorId: by.userId,
    actorName: by.name,
    reason: reason ?? null,
    detail,
    createdAt: new Date(),
  });
  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: `rollout.${actions[kind] ?? kind}`,
    objectType: 'rollout',
    objectId: id,
    objectName: rollout.name,
    outcome: 'accepted',
    detail: { ...detail, kind: rollout.kind, ...(wave && { wave }), ...(reason && { reason }) },
    requestId: by.requestId,
  });
  await tx.em.flush();
  announce(tx, rollout, sumOf((await countTargets(tx, rollout)).values()), by.name);
}

/** Auditors search for what was asked for; the timeline says what came of it. */
const actions: Partial<Record<DecisionKind, string>> = {
  created: 'create',
  paused: 'pause',
  resumed: 'resume',
  promoted: 'promote',
  forced: 'force',
  aborted: 'abort',
  'rolling-back': 'rollback',
  retried: 'retry',
};
