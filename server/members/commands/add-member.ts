import { Problem } from '../../../workflows/contracts/problem.ts';
import { assignRole } from '../../identity/commands/assign-role.ts';
import { createUser } from '../../identity/commands/create-user.ts';
import { generatePassword } from '../../identity/password.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { NewMember } from '../member.schema.ts';

/**
 * Gives a person a role in a tenant or project; makes the account when nobody has the name. An existing account is
 * left as it is: its password is nobody's business but its owner's. Runs as the platform.
 * @returns the membership's id, and the password that was generated
 * @throws Problem 'tenant.unknown', 'project.unknown', 'member.exists', 'request.invalid'
 */
export async function addMember(
  tx: Transaction,
  { by, ...wanted }: NewMember & { by: Requester },
): Promise<{ id: string; password: string | null }> {
  const { tenantId, projectId = null, name, role } = wanted;
  await requirePlace(tx, tenantId, projectId);

  const generated = wanted.password === undefined ? generatePassword() : null;
  const created = await createUser(tx, {
    name,
    displayName: wanted.displayName ?? name,
    password: wanted.password ?? generated ?? '',
  });
  if (created === null && wanted.password !== undefined) {
    const fault = {
      pointer: '/password',
      detail: 'the account exists already and keeps its own password',
    };
    throw new Problem('request.invalid', undefined, { faults: [fault] });
  }
  const userId = created ?? (await userIdOf(tx, name));
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

async function requirePlace(tx: Transaction, tenantId: string, projectId: string | null): Promise<void> {
  const [tenant] = await tx.query(`select id from tenants where id = ? and phase = 'Active'`, [tenantId]);
  if (!tenant) throw new Problem('tenant.unknown');
  if (projectId === null) return;
  const [project] = await tx.query(`select id from projects where tenant_id = ? and id = ?`, [tenantId, projectId]);
  if (!project) throw new Problem('project.unknown');
}

async function userIdOf(tx: Transaction, name: string): Promise<string> {
  const [user] = await tx.query<{ id: string }>(`select id from users where name = ?`, [name]);
  if (!user) throw new Error(`the account ${name} vanished while a role was given to it`);
  return user.id;
}
