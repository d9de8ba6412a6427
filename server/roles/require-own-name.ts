import { Problem } from '../../workflows/contracts/problem.ts';
import { Role } from '../access/roles.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { looksLike } from './look-alike.ts';
import { CustomRole } from './role.entity.ts';

/**
 * A role is given by its name: it must not be taken for another one of the tenant, nor for a built-in one. The tenant is
 * locked until the end of the transaction, so that two who choose names at once do not both succeed.
 * @param id of the role that is being renamed; null for a new one
 * @throws Problem 'role.name-taken'
 */
export async function requireOwnName(
  tx: Transaction,
  { tenantId, id, name }: { tenantId: string; id: string | null; name: string },
): Promise<void> {
  await tx.query('select id from tenants where id = ? for no key update', [tenantId]);
  const others = await tx.em.find(CustomRole, { tenantId, ...(id && { id: { $ne: id } }) });
  const taken = [...Object.values(Role), ...others.map((other) => other.name)].find((other) => looksLike(name, other));
  if (taken !== undefined) throw new Problem('role.name-taken', taken);
}
