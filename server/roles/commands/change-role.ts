import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { requireOwnName } from '../require-own-name.ts';
import type { CustomRole } from '../role.entity.ts';
import type { RoleChange } from '../role.schema.ts';

export type ChangeRole = RoleChange & {
  /** Locked: what the caller was checked against is what is changed. */
  role: CustomRole;
  expectedGeneration: number;
  by: Requester;
};

/** For everybody who holds it, at once. @throws Problem 'role.name-taken', 'request.stale' */
export async function changeRole(
  tx: Transaction,
  { role, expectedGeneration, name, description, grants, by }: ChangeRole,
): Promise<CustomRole> {
  requireGeneration(role, expectedGeneration);
  const before = { name: role.name, description: role.description, grants: role.permissions };
  await requireOwnName(tx, { tenantId: role.tenantId, id: role.id, name });
  role.name = name;
  role.description = description;
  role.permissions = grants;
  role.generation += 1;
  role.updatedAt = new Date();
  await flushUnique(tx, 'role.name-taken', name);
  const { id, tenantId } = role;
  recordChange(tx, {
    noun: 'role',
    verb: 'update',
    object: { id, name, tenantId },
    by,
    before,
    after: { name, description, grants },
  });
  return role;
}
