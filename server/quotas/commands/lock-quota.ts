import { LockMode } from '@mikro-orm/core';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Quota } from '../quota.entity.ts';

/**
 * Everything that adds to a tenant or takes from its limits waits here for its turn. Who adds nothing only keeps the
 * tenant from being deleted meanwhile (`shared`), and waits for nobody of his kind.
 * @throws Problem 'tenant.unknown'
 */
export async function lockQuota(tx: Transaction, tenantId: string, { shared = false } = {}): Promise<Quota> {
  const lockMode = shared ? LockMode.PESSIMISTIC_READ : LockMode.PESSIMISTIC_WRITE;
  const quota = await tx.em.findOne(Quota, { tenantId }, { lockMode, refresh: true });
  if (!quota) throw new Problem('tenant.unknown', tenantId);
  return quota;
}
