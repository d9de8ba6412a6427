import { rolloutWorkflowIdOf } from '../../workflows/contracts/rollouts.ts';
import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import type { Permission } from '../access/permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { TemporalUi } from '../operations/operation.presenter.ts';
import { controlsOf, needsForce, type Control } from './planner/controls.ts';
import type { TargetCounts } from './planner/state.ts';
import type { RolloutView } from './read-rollout.ts';
import type { RolloutRow } from './rollout-row.ts';
import type { RolloutWave } from './rollout-wave.entity.ts';
import type { RolloutAnswer, RolloutSummary } from './rollout.schema.ts';
import { countsOf, sumOf, unfinishedOf } from './target-counts.ts';

const onRollout = ['rollout:create', 'rollout:control', 'rollout:force'] as const satisfies Permission[];

const orNull = (time: Date | string | null | undefined): string | null => (time ? timeOf(time) : null);

export function presentRolloutSummary(row: RolloutRow, caller: Caller): RolloutSummary {
  const counts = countsOf(row.counts ?? {});
  return {
    id: row.id,
    tenantId: row.tenantId,
    tenantName: row.tenantName,
    projectId: row.projectId,
    name: row.name,
    kind: row.kind,
    phase: row.phase,
    pauseReason: row.pauseReason,
    pauseDetail: row.pauseDetail,
    currentWave: row.currentWave,
    waveCount: row.waveCount,
    total: row.total,
    counts,
    error: row.error,
    retryOf: row.retryOf,
    requestedByName: row.requestedByName,
    generation: row.generation,
    createdAt: timeOf(row.createdAt),
    startedAt: orNull(row.startedAt),
    endedAt: orNull(row.endedAt),
    deadlineAt: orNull(row.deadlineAt),
    permissions: loadPermissions<Permission>(caller, row, onRollout),
    actions: actionsOn(row, counts, caller),
  };
}

/** What its state allows, as far as the caller may do it. */
function actionsOn(row: RolloutRow, counts: TargetCounts, caller: Caller): Control[] {
  const possible = controlsOf({
    ...row,
    isGoingBack: row.rollbackStartedAt !== null,
    unfinished: unfinishedOf(counts),
  });
  const needed = (control: Control): Permission => {
    if (control === 'retry') return 'rollout:create';
    return control === 'promote' && needsForce(row) ? 'rollout:force' : 'rollout:control';
  };
  return possible.filter((control) => caller.can(needed(control), row));
}

export function presentRollout(view: RolloutView, caller: Caller, temporalUi: TemporalUi | null): RolloutAnswer {
  const { rollout, waves, counts, decisions } = view;
  return {
    ...presentRolloutSummary(rowOf(view), caller),
    change: rollout.change as RolloutAnswer['change'],
    selection: rollout.selection,
    strategy: rollout.strategy,
    waves: waves.map((wave) => presentWave(wave, rollout.strategy.waves[wave.number - 1], counts.get(wave.number))),
    decisions: decisions.map(({ id, kind, wave, actorName, reason, detail, createdAt }) => ({
      id,
      kind,
      wave: wave ?? null,
      actorName,
      reason: reason ?? null,
      detail,
      createdAt: timeOf(createdAt),
    })),
    temporalUrl: temporalUrlOf(rollout.id, caller, temporalUi),
  };
}

function rowOf({ rollout, waves, counts }: RolloutView): RolloutRow {
  return {
    ...rollout,
    projectId: rollout.projectId ?? null,
    pauseReason: rollout.pauseReason ?? null,
    pauseDetail: rollout.pauseDetail ?? null,
    wavePhase: waves[rollout.currentWave - 1]?.phase ?? null,
    waveCount: waves.length,
    total: rollout.totalTargets,
    counts: sumOf(counts.values()),
    error: rollout.error ?? null,
    retryOf: rollout.retryOf ?? null,
    startedAt: rollout.startedAt ?? null,
    endedAt: rollout.endedAt ?? null,
    deadlineAt: rollout.deadlineAt ?? null,
    rollbackStartedAt: rollout.rollbackStartedAt ?? null,
  };
}

type WaveAnswer = RolloutAnswer['waves'][number];

function presentWave(wave: RolloutWave, plan: unknown, counts: TargetCounts | undefined): WaveAnswer {
  return {
    number: wave.number,
    phase: wave.phase,
    plan: plan as WaveAnswer['plan'],
    targets: wave.targets,
    counts: counts ?? countsOf({}),
    analysis: wave.analysis ?? null,
    startedAt: orNull(wave.startedAt),
    updatedAt: orNull(wave.updatedAt),
    bakeUntil: orNull(wave.bakeUntil),
    endedAt: orNull(wave.endedAt),
  };
}

function temporalUrlOf(id: string, caller: Caller, temporalUi: TemporalUi | null): string | null {
  if (!temporalUi || !caller.can('temporal:read', 'platform')) return null;
  const { url, namespace } = temporalUi;
  const run = encodeURIComponent(rolloutWorkflowIdOf(id));
  return `${url}/namespaces/${encodeURIComponent(namespace)}/workflows/${run}`;
}
