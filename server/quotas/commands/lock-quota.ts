import { LockMode } from '@mikro-orm/core';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Quota } from '../quota.entity.ts';

/** Everything that adds to a tenant or takes from its limits waits here for its turn. @throws Problem 'tenant.unknown' */
export async function lockQuota(tx: Transaction, tenantId: string): Promise<Quota> {
  const quota = await tx.em.findOne(Quota, { tenantId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (!quota) throw new Problem('tenant.unknown', tenantId);
  return quota;
}
