import type { Transaction } from '../persistence/transaction.ts';
import type { Assignment, Caller } from './caller.ts';
import { callerOf } from './role-caller.ts';
import type { Rights } from './rights.ts';

interface Person {
  name: string;
  displayName: string;
  assignments: Assignment[];
}

/**
 * Somebody who is not asking himself, with his rights as they are at this moment; null where the account is gone or
 * disabled. Runs as the platform: roles belong to no tenant.
 */
export async function callerNow(tx: Transaction, rights: Rights, userId: string): Promise<Caller | null> {
  const [person] = await tx.query<Person>(
    `select u.name, u.display_name as "displayName", coalesce((select jsonb_agg(jsonb_build_object(
         'id', a.id, 'role', a.role, 'tenantId', a.tenant_id, 'projectId', a.project_id, 'roleGeneration', r.generation))
       from role_assignments a left join roles r on r.id = a.custom_role_id where a.user_id = u.id), '[]') as assignments
     from users u where u.id = ? and not u.disabled`,
    [userId],
  );
  if (!person) return null;
  const decisions = await rights.knowing(person.assignments, tx);
  return callerOf({ userId, sessionId: '', ...person }, decisions);
}
