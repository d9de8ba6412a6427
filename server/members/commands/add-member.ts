import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Reach } from '../../access/caller.ts';
import { reachCondition } from '../../access/reach-condition.ts';
import { assignRole } from '../../identity/commands/assign-role.ts';
import { createUser } from '../../identity/commands/create-user.ts';
import { generatePassword } from '../../identity/password.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { NewMember } from '../member.schema.ts';
import { requirePlace } from '../require-place.ts';

export type AddMember = NewMember & {
  by: Requester;
  /** Where the caller may add members: an account that exists already must be of somebody there. */
  reach: Reach;
};

/**
 * Gives a person a role in a tenant or project; makes the account when nobody has the name. An existing account is
 * left as it is: its password is nobody's business but its owner's. Runs as the platform.
 *
 * An account that the caller cannot see is refused as a name that is not allowed would be. Else who chooses a name (and
 * its password) before its natural owner comes would be given rights in the next tenant, and anybody could ask which
 * accounts there are.
 * @returns the membership's id, and the password that was generated
 * @throws Problem 'tenant.unknown', 'project.unknown', 'member.exists', 'request.unfit'
 */
export async function addMember(
  tx: Transaction,
  { by, reach, ...wanted }: AddMember,
): Promise<{ id: string; password: string | null }> {
  const { tenantId, projectId = null, name, role } = wanted;
  await requirePlace(tx, tenantId, projectId);

  const generated = wanted.password === undefined ? generatePassword() : null;
  const created = await createUser(tx, {
    name,
    displayName: wanted.displayName ?? name,
    password: wanted.password ?? generated ?? '',
  });
  const userId = created ?? (await knownUserId(tx, name, reach));
  if (userId === null) throw invalid('/name', 'cannot be added here: choose another, or ask a platform administrator');
  if (created === null && wanted.password !== undefined) {
    throw invalid('/password', 'the account exists already and keeps its own password');
  }
  const id = await assignRole(tx, { userId, role, tenantId, projectId, assignedBy: by.userId });
  if (id === null) throw new Problem('member.exists');

  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'member.create',
    objectType: 'member',
    objectId: id,
    objectName: name,
    outcome: 'succeeded',
    detail: { role, projectId, newAccount: created !== null },
    requestId: by.requestId,
  });
  tx.emit({
    type: 'member.created',
    tenantId,
    projectId,
    actorName: by.name,
    data: { id, name, role },
  });
  return { id, password: created === null ? null : generated };
}

/** @returns null where the account is of nobody within reach */
async function knownUserId(tx: Transaction, name: string, reach: Reach): Promise<string | null> {
  const { sql, parameters } = reachCondition(reach, { tenant: 'a.tenant_id', project: 'a.project_id' });
  const [user] = await tx.query<{ id: string }>(
    `select u.id from users u left join role_assignments a on a.user_id = u.id where u.name = ? and ${sql} limit 1`,
    [name, ...parameters],
  );
  return user?.id ?? null;
}

const invalid = (pointer: string, detail: string) =>
  new Problem('request.unfit', undefined, { faults: [{ pointer, detail }] });
