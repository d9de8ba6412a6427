import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { PauseReason, RolloutPhase } from '../../workflows/contracts/phases.ts';
import type { RolloutKind } from '../../workflows/contracts/rollouts.ts';
import type { RecordedError } from '../operations/operation.entity.ts';
import type { RolloutChange, RolloutSelection, RolloutStrategy } from './rollout.types.ts';

/** One change to many instances, in waves. `currentWave` is 0 before the first and counts from 1. */
export const Rollout = defineEntity({
  name: 'Rollout',
  tableName: 'rollouts',
  properties: {
    tenantId: p.uuid().primary(),
    id: p.uuid().primary(),
    projectId: p.uuid().nullable(),
    name: p.text(),
    kind: p.text().$type<RolloutKind>(),
    phase: p.text().$type<RolloutPhase>(),
    pauseReason: p.text().$type<PauseReason>().nullable(),
    pauseDetail: p.text().nullable(),
    change: p.json<RolloutChange>(),
    selection: p.json<RolloutSelection>(),
    strategy: p.json<RolloutStrategy>(),
    currentWave: p.integer().default(0),
    totalTargets: p.integer(),
    /** Waves whose verdict a person has overruled. */
    forcedWaves: p.array().$type<number[]>().columnType('integer[]'),
    tenantName: p.text(),
    error: p.json<RecordedError>().nullable(),
    retryOf: p.uuid().nullable(),
    generation: p.integer().default(1),
    requestedBy: p.uuid().nullable(),
    requestedByName: p.text(),
    requestId: p.text().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    startedAt: p.datetime().nullable(),
    endedAt: p.datetime().nullable(),
    deadlineAt: p.datetime().nullable(),
    /** Since when it goes back; what a pause in between is resumed to. */
    rollbackStartedAt: p.datetime().nullable(),
    /** A person has agreed that going back loses what instances did since. */
    discardNewState: p.boolean().default(false),
  },
});
export type Rollout = InferEntity<typeof Rollout>;
