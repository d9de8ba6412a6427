import type { PauseReason, RolloutPhase, TargetPhase, WavePhase } from '../../workflows/contracts/phases.ts';
import type { RolloutKind } from '../../workflows/contracts/rollouts.ts';
import type { RecordedError } from '../operations/operation.entity.ts';

/** One rollout as lists show it, in one statement. Times are as the driver gives them. */
export interface RolloutRow {
  id: string;
  tenantId: string;
  tenantName: string;
  projectId: string | null;
  name: string;
  kind: RolloutKind;
  phase: RolloutPhase;
  pauseReason: PauseReason | null;
  pauseDetail: string | null;
  currentWave: number;
  wavePhase: WavePhase | null;
  waveCount: number;
  total: number;
  counts: Partial<Record<TargetPhase, number>> | null;
  error: RecordedError | null;
  retryOf: string | null;
  requestedByName: string;
  generation: number;
  createdAt: Date | string;
  startedAt: Date | string | null;
  endedAt: Date | string | null;
  deadlineAt: Date | string | null;
  rollbackStartedAt: Date | string | null;
}

export const rolloutColumns = `
  r.id, r.tenant_id as "tenantId", r.tenant_name as "tenantName", r.project_id as "projectId", r.name, r.kind, r.phase,
  r.pause_reason as "pauseReason", r.pause_detail as "pauseDetail", r.current_wave as "currentWave",
  w.phase as "wavePhase", jsonb_array_length(r.strategy -> 'waves') as "waveCount", r.total_targets as total,
  c.counts, r.error, r.retry_of as "retryOf", r.requested_by_name as "requestedByName", r.generation,
  r.created_at as "createdAt", r.started_at as "startedAt", r.ended_at as "endedAt", r.deadline_at as "deadlineAt",
  r.rollback_started_at as "rollbackStartedAt"`;

/** One row of each, for the rollouts that a page was cut down to. */
export const rolloutJoins = `
  left join lateral (select phase from rollout_waves
    where tenant_id = r.tenant_id and rollout_id = r.id and number = r.current_wave limit 1) w on true
  join lateral (select jsonb_object_agg(phase, targets) as counts
    from (select phase, count(*)::int as targets from rollout_targets
          where tenant_id = r.tenant_id and rollout_id = r.id group by phase) by_phase) c on true`;
