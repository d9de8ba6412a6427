import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { Tenant } from './tenant.entity.ts';

/** A tenant that the transaction can see and that is not gone. @throws Problem 'tenant.unknown' */
export async function requireTenant(tx: Transaction, id: string): Promise<Tenant> {
  const tenant = await tx.em.findOne(Tenant, { id, phase: { $ne: 'Deleted' } });
  if (!tenant) throw new Problem('tenant.unknown', id);
  return tenant;
}
