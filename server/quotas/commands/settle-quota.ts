import type { Transaction } from '../../persistence/transaction.ts';
import { amountsOf, type Amounts } from '../amounts.ts';
import { QuotaReservation } from '../quota.entity.ts';

/** Sets what an instance holds at the end of an operation. Never refused: it was within what had been reserved. */
export async function settleQuota(
  tx: Transaction,
  { tenantId, instanceId }: { tenantId: string; instanceId: string },
  holding: Amounts,
): Promise<void> {
  await tx.em.upsert(QuotaReservation, { tenantId, instanceId, ...amountsOf(holding) });
}
