import type { TargetPhase } from '../../../workflows/contracts/phases.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { RolloutState, TargetCounts, WaveState } from '../planner/state.ts';
import { inWindow } from '../planner/windows.ts';
import type { RolloutWave } from '../rollout-wave.entity.ts';
import type { Rollout } from '../rollout.entity.ts';
import { countsOf, sumOf } from '../target-counts.ts';

/** What a decision follows from, beside the rows of the rollout and its waves. */
export interface WaveTally {
  counts: TargetCounts;
  stranded: number;
  diverged: number;
}

const noTally: WaveTally = { counts: countsOf({}), stranded: 0, diverged: 0 };

/** SQL: does going back wait, at target `t`, for a person to agree that newer work is lost? */
export const divergedCondition = `(t.phase = 'Waiting' and coalesce(t.error ->> 'code', '') = 'backup.state-diverged'
  and not r.discard_new_state)`;

/**
 * SQL: of a failed target `t`, does its instance `i` still stand at what the rollout brought? And of one whose way back
 * was refused for newer work, has a person agreed since to lose that?
 */
export const strandedCondition = `(
  (t.phase = 'Failed' and t.to_revision <> t.from_revision and i.revision = t.to_revision and i.deleted_at is null)
  or (t.phase = 'RollbackFailed' and t.error ->> 'code' = 'backup.state-diverged' and r.discard_new_state
      and i.revision = t.to_revision and i.deleted_at is null))`;

/** @returns by number of the wave; one statement however many targets there are */
export async function readTallies(tx: Transaction, rolloutId: string): Promise<Map<number, WaveTally>> {
  const rows = await tx.query<{ wave: number; phase: TargetPhase; count: number; stranded: number; diverged: number }>(
    `select t.wave, t.phase, count(*)::int as count, count(*) filter (where ${strandedCondition})::int as stranded,
       count(*) filter (where ${divergedCondition})::int as diverged
     from rollout_targets t
     join rollouts r on r.tenant_id = t.tenant_id and r.id = t.rollout_id
     left join instances i on t.phase in ('Failed', 'RollbackFailed')
       and i.tenant_id = t.tenant_id and i.id = t.instance_id
     where t.rollout_id = ? group by t.wave, t.phase`,
    [rolloutId],
  );
  const tallies = new Map<number, WaveTally>();
  for (const { wave, phase, count, stranded, diverged } of rows) {
    const known = tallies.get(wave) ?? noTally;
    tallies.set(wave, {
      counts: { ...known.counts, [phase]: count },
      stranded: known.stranded + stranded,
      diverged: known.diverged + diverged,
    });
  }
  return tallies;
}

/** The rows as the planner wants them. `waves` in order. */
export function stateOf(
  rollout: Rollout,
  waves: readonly RolloutWave[],
  tallies: ReadonlyMap<number, WaveTally>,
  now: Date,
): RolloutState {
  const { strategy } = rollout;
  return {
    phase: rollout.phase,
    pauseReason: rollout.pauseReason ?? null,
    currentWave: rollout.currentWave,
    waves: waves.map((wave) => waveState(rollout, wave, tallies.get(wave.number) ?? noTally)),
    failureBudget: strategy.failureBudget,
    onBudgetExceeded: strategy.onBudgetExceeded,
    deadlineAt: rollout.deadlineAt ?? null,
    inWindow: inWindow(strategy.windows, now),
  };
}

function waveState({ strategy, forcedWaves }: Rollout, wave: RolloutWave, tally: WaveTally): WaveState {
  const plan = strategy.waves[wave.number - 1];
  if (!plan) throw new Error(`wave ${wave.number} is not of the strategy`);
  return {
    number: wave.number,
    phase: wave.phase,
    plan: { ...plan, concurrency: wave.concurrency, bakeSeconds: wave.bakeSeconds },
    ...tally,
    bakeUntil: wave.bakeUntil ?? null,
    analysis: wave.analysis ?? null,
    forced: forcedWaves.includes(wave.number),
  };
}

/** Of the whole rollout. */
export const totalsOf = (tallies: ReadonlyMap<number, WaveTally>): TargetCounts =>
  sumOf([...tallies.values()].map(({ counts }) => counts));
