import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { RolloutPhase, TargetPhase, WavePhase, type PauseReason } from '../../workflows/contracts/phases.ts';
import type { AnalysisResult, WavePlan } from '../../server/rollouts/rollout.types.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';

export interface FilledRollout {
  id: string;
  tenantId: string;
  /** In the order of their positions. */
  instanceIds: string[];
}

interface Fill {
  tenantId: string;
  name: string;
  /** How many targets each wave has; together no more than the tenant has instances. */
  waves: readonly number[];
  /** Of the first targets; the others have not begun. */
  targetPhases?: readonly TargetPhase[];
  phase?: RolloutPhase;
  pauseReason?: PauseReason;
  currentWave?: number;
  /** Of the first wave. */
  analysis?: AnalysisResult;
}

const plan: WavePlan = {
  size: { rest: true },
  concurrency: 25,
  bakeSeconds: 60,
  analysis: { rules: [{ metric: 'failed', max: 0, minimumSample: 1 }], onFailure: 'pause', onInconclusive: 'pause' },
  then: 'continue',
};

/** The rows of a rollout in mid-course, over the tenant's first instances; no workflow runs it. */
export async function fillRollout(
  ownerUrl: string,
  {
    tenantId,
    name,
    waves,
    targetPhases = [],
    phase = RolloutPhase.Progressing,
    pauseReason,
    currentWave = 1,
    analysis,
  }: Fill,
): Promise<FilledRollout> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  const id = randomUUID();
  const total = waves.reduce((sum, size) => sum + size, 0);
  try {
    const { rows } = await owner.query<{ id: string }>(
      `select id from instances where tenant_id = $1 order by created_at desc, id limit $2`,
      [tenantId, total],
    );
    const instanceIds = rows.map((row) => row.id);
    const strategy = {
      waves: waves.map(() => plan),
      failureBudget: 0,
      onBudgetExceeded: 'pause',
      deadlineSeconds: null,
      windows: [],
      onConflict: 'refuse',
    };
    await owner.query(
      `insert into rollouts (tenant_id, id, name, kind, phase, pause_reason, change, selection, strategy, current_wave,
         total_targets, tenant_name, requested_by_name, started_at)
       values ($1, $2, $3, 'restart', $4, $5, '{"kind":"restart"}', $6, $7, $8, $9,
         (select name from tenants where id = $1), 'admin', now())`,
      [
        tenantId,
        id,
        name,
        phase,
        pauseReason ?? null,
        JSON.stringify({ instanceIds: instanceIds.slice(0, 5) }),
        JSON.stringify(strategy),
        currentWave,
        total,
      ],
    );
    const wavePhase = (number: number): WavePhase => {
      if (number > currentWave) return WavePhase.Pending;
      if (number < currentWave) return WavePhase.Passed;
      return phase === RolloutPhase.Paused && analysis ? WavePhase.Judged : WavePhase.Updating;
    };
    await owner.query(
      `insert into rollout_waves (tenant_id, rollout_id, number, phase, targets, concurrency, bake_seconds, analysis)
       select $1, $2, (w->>'number')::int, w->>'phase', (w->>'targets')::int, 25, 60, nullif(w->'analysis', 'null')
       from jsonb_array_elements($3::jsonb) w`,
      [
        tenantId,
        id,
        JSON.stringify(
          waves.map((targets, index) => ({
            number: index + 1,
            phase: wavePhase(index + 1),
            targets,
            analysis: index === 0 ? (analysis ?? null) : null,
          })),
        ),
      ],
    );
    const waveOf = waves.flatMap((size, index) => Array.from({ length: size }, () => index + 1));
    await owner.query(
      `insert into rollout_targets (tenant_id, rollout_id, instance_id, wave, position, phase, from_revision,
         to_revision, attempts, error)
       select $1, $2, t.id, t.wave, t.n, t.phase, 1, 1, case t.phase when 'Pending' then 0 else 1 end,
         case when t.phase in ('Failed', 'Skipped')
           then '{"code":"agent.not-ready","detail":"The agent was not ready within 180 s."}'::jsonb end
       from unnest($3::uuid[], $4::int[], $5::text[]) with ordinality as t (id, wave, phase, n)`,
      [tenantId, id, instanceIds, waveOf, waveOf.map((_, index) => targetPhases[index] ?? TargetPhase.Pending)],
    );
    await owner.query(
      `insert into rollout_decisions (tenant_id, id, rollout_id, kind, wave, actor_name, reason)
       values ($1, gen_random_uuid(), $2, 'created', null, 'admin', null),
         ($1, gen_random_uuid(), $2, 'wave-started', 1, 'platform', null)`,
      [tenantId, id],
    );
    return { id, tenantId, instanceIds };
  } finally {
    await owner.end();
  }
}

/** Puts targets into a phase and says so to those who follow, as the engine does. */
export const moveTargets = (
  db: Database,
  { id, tenantId }: Pick<FilledRollout, 'id' | 'tenantId'>,
  instanceIds: readonly string[],
  phase: TargetPhase,
): Promise<void> =>
  db.transaction(platformScope(), async (tx) => {
    await tx.query(
      `update rollout_targets set phase = ? where tenant_id = ? and rollout_id = ? and instance_id = any (array[?]::uuid[])`,
      [phase, tenantId, id, [...instanceIds]],
    );
    tx.emit({ type: 'rollout.changed', tenantId, data: { id } });
  });
