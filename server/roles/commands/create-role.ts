import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { requireOwnName } from '../require-own-name.ts';
import { CustomRole } from '../role.entity.ts';
import type { NewRole } from '../role.schema.ts';

/** Each is a row of the tenant's enforcer for every right that it grants. */
const rolesAtMost = 100;

/** @throws Problem 'role.name-taken', 'role.too-many' */
export async function createRole(
  tx: Transaction,
  { tenantId, name, description, grants, by }: NewRole & { by: Requester },
): Promise<CustomRole> {
  await requireOwnName(tx, { tenantId, id: null, name });
  if ((await tx.em.count(CustomRole, { tenantId })) >= rolesAtMost) throw new Problem('role.too-many');
  const now = new Date();
  const role = tx.em.create(CustomRole, {
    tenantId,
    id: uuidv7(),
    name,
    description,
    permissions: grants,
    generation: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: by.userId,
  });
  await flushUnique(tx, 'role.name-taken', name);
  recordChange(tx, { noun: 'role', verb: 'create', object: { id: role.id, name, tenantId }, by, detail: { grants } });
  return role;
}
