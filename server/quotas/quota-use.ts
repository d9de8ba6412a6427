import type { Transaction } from '../persistence/transaction.ts';
import type { Amounts } from './amounts.ts';

/** The sum over all reservations of a tenant, without that of one instance where it is about to change. */
export async function quotaUse(
  tx: Transaction,
  tenantId: string,
  { except }: { except?: string } = {},
): Promise<Amounts> {
  const [row] = await tx.query<Record<keyof Amounts, string>>(
    `select coalesce(sum(cpu_millis), 0) as "cpuMillis", coalesce(sum(memory_bytes), 0) as "memoryBytes",
       coalesce(sum(storage_bytes), 0) as "storageBytes", coalesce(sum(instances), 0) as instances
     from quota_reservations where tenant_id = ? and instance_id is distinct from ?`,
    [tenantId, except ?? null],
  );
  if (!row) throw new Error('a sum without a row');
  return {
    cpuMillis: Number(row.cpuMillis),
    memoryBytes: Number(row.memoryBytes),
    storageBytes: Number(row.storageBytes),
    instances: Number(row.instances),
  };
}
