import { TargetPhase } from '../../workflows/contracts/phases.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { TargetCounts } from './planner/state.ts';

/** Every phase named, those without a target as 0. */
export const countsOf = (counted: Partial<Record<TargetPhase, number>>): TargetCounts => ({
  ...nothing,
  ...counted,
});

const nothing = Object.fromEntries(Object.values(TargetPhase).map((phase) => [phase, 0])) as TargetCounts;

export function sumOf(counts: Iterable<TargetCounts>): TargetCounts {
  const sum: Record<TargetPhase, number> = { ...nothing };
  for (const some of counts) {
    for (const phase of Object.values(TargetPhase)) sum[phase] += some[phase];
  }
  return sum;
}

/** By wave, in one statement. */
export async function countTargets(
  tx: Transaction,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<Map<number, TargetCounts>> {
  const rows = await tx.query<{ wave: number; phase: TargetPhase; targets: number }>(
    `select wave, phase, count(*)::int as targets from rollout_targets
     where tenant_id = ? and rollout_id = ? group by wave, phase`,
    [tenantId, id],
  );
  const waves = new Map<number, TargetCounts>();
  for (const { wave, phase, targets } of rows) {
    waves.set(wave, { ...(waves.get(wave) ?? nothing), [phase]: targets });
  }
  return waves;
}

/** What a retry would take up: failed, left alone, or never begun. */
export const unfinishedOf = ({ Failed, Skipped, Pending, Waiting }: TargetCounts): number =>
  Failed + Skipped + Pending + Waiting;
