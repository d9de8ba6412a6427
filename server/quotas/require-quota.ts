import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Quota } from './quota.entity.ts';

/** @throws Problem 'tenant.unknown' */
export async function requireQuota(tx: Transaction, tenantId: string): Promise<Quota> {
  const quota = await tx.em.findOne(Quota, { tenantId });
  if (!quota) throw new Problem('tenant.unknown', tenantId);
  return quota;
}
