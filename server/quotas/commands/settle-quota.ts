import type { Holding } from '../../instances/holding.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { QuotaReservation } from '../quota.entity.ts';

/** Sets what an instance holds at the end of an operation. Never refused: it was within what had been reserved. */
export async function settleQuota(
  tx: Transaction,
  { tenantId, instanceId }: { tenantId: string; instanceId: string },
  holding: Holding,
): Promise<void> {
  await tx.em.upsert(QuotaReservation, {
    tenantId,
    instanceId,
    cpuMillis: holding.cpuMillis,
    memoryBytes: holding.memoryBytes,
    storageBytes: holding.storageBytes,
    instances: holding.instances,
  });
}
