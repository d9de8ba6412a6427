import type { Assignment } from '../access/caller.ts';
import type { Transaction } from '../persistence/transaction.ts';

export type HeldAssignment = Assignment & { id: string; roleName: string | null };

export interface PersonWithRoles {
  userId: string;
  name: string;
  displayName: string;
  assignments: HeldAssignment[];
}

const select = (where: string): string => `
  select u.id as "userId", u.name, u.display_name as "displayName", jsonb_agg(jsonb_build_object(
    'id', a.id, 'role', a.role, 'roleName', r.name, 'tenantId', a.tenant_id, 'projectId', a.project_id,
    'roleGeneration', r.generation) order by a.created_at, a.id) filter (where a.id is not null) as assignments
  from users u left join role_assignments a on a.user_id = u.id left join roles r on r.id = a.custom_role_id
  where ${where} group by u.id order by u.name`;

/** Everybody who holds a role of this tenant, with those roles. Runs as the platform. */
export const peopleOfTenant = (tx: Transaction, tenantId: string): Promise<PersonWithRoles[]> =>
  tx.query<PersonWithRoles>(select('a.tenant_id = ? and not u.disabled'), [tenantId]);

/** With all roles, wherever held. Runs as the platform. */
export async function personWithRoles(tx: Transaction, userId: string): Promise<PersonWithRoles | null> {
  const [person] = await tx.query<PersonWithRoles>(select('u.id = ?'), [userId]);
  return person ? { ...person, assignments: person.assignments ?? [] } : null;
}
