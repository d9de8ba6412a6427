import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

export const decisionKinds = [
  'created',
  'check-waits',
  'checked',
  'wave-started',
  'wave-judged',
  'wave-passed',
  'paused',
  'resumed',
  'promoted',
  'forced',
  'aborted',
  'rolling-back',
  'retried',
  'ended',
] as const;
export type DecisionKind = (typeof decisionKinds)[number];

/** The timeline of a rollout: who (or what rule) decided what, and why. */
export const RolloutDecision = defineEntity({
  name: 'RolloutDecision',
  tableName: 'rollout_decisions',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    rolloutId: p.uuid(),
    kind: p.text().$type<DecisionKind>(),
    wave: p.integer().nullable(),
    actorId: p.uuid().nullable(),
    actorName: p.text(),
    reason: p.text().nullable(),
    detail: p.json<Record<string, unknown>>().default('{}'),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});
export type RolloutDecision = InferEntity<typeof RolloutDecision>;
