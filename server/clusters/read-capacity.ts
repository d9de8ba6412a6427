import type { Transaction } from '../persistence/transaction.ts';
import { amountNames, type Amounts } from '../quotas/amounts.ts';
import type { ClusterRow } from './cluster-row.ts';
import type { ClusterCapacityAnswer } from './cluster.schema.ts';

/** What the platform has reserved on a cluster, of every tenant, and what its operator says that it has in all. */
export async function readCapacity(
  tx: Transaction,
  { id, settings: { capacity = {} } }: Pick<ClusterRow, 'id' | 'settings'>,
): Promise<ClusterCapacityAnswer> {
  const [sums] = await tx.query<Record<keyof Amounts, string>>(
    `select cpu_millis as "cpuMillis", memory_bytes as "memoryBytes", storage_bytes as "storageBytes", instances
     from occ_cluster_loads() where cluster_id = ?`,
    [id],
  );
  const phases = await tx.query<{ phase: string; count: number }>(
    `select phase, count(*)::int as count from instances where cluster_id = ? and phase <> 'Deleted'
     group by phase order by phase`,
    [id],
  );
  const of = <Amount>(amount: (name: keyof Amounts) => Amount) =>
    Object.fromEntries(amountNames.map((name) => [name, amount(name)])) as Record<keyof Amounts, Amount>;
  const reserved = of((name) => Number(sums?.[name] ?? 0));
  const total = of((name) => capacity[name] ?? null);
  return {
    total,
    reserved,
    free: of((name) => freeOf(total[name], reserved[name])),
    phases: Object.fromEntries(phases.map(({ phase, count }) => [phase, count])),
  };
}

const freeOf = (total: number | null, reserved: number): number | null => (total === null ? null : total - reserved);
