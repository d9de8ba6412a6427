import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { WavePhase } from '../../workflows/contracts/phases.ts';
import type { AnalysisResult } from './rollout.types.ts';

/** A wave as it goes; numbers count from 1. */
export const RolloutWave = defineEntity({
  name: 'RolloutWave',
  tableName: 'rollout_waves',
  properties: {
    tenantId: p.uuid().primary(),
    rolloutId: p.uuid().primary(),
    number: p.integer().primary(),
    phase: p.text().$type<WavePhase>(),
    targets: p.integer(),
    concurrency: p.integer(),
    bakeSeconds: p.integer(),
    analysis: p.json<AnalysisResult>().nullable(),
    startedAt: p.datetime().nullable(),
    /** When its last target was up. */
    updatedAt: p.datetime().nullable(),
    bakeUntil: p.datetime().nullable(),
    endedAt: p.datetime().nullable(),
  },
});
export type RolloutWave = InferEntity<typeof RolloutWave>;
