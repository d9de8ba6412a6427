import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../../persistence/transaction.ts';

export interface NewAssignment {
  userId: string;
  role: string;
  tenantId: string | null;
  projectId: string | null;
  assignedBy: string | null;
}

/**
 * Runs as the platform.
 * @returns the id, or null when the user holds this role here already
 */
export async function assignRole(tx: Transaction, assignment: NewAssignment): Promise<string | null> {
  const { userId, role, tenantId, projectId, assignedBy } = assignment;
  const [created] = await tx.query<{ id: string }>(
    `insert into role_assignments (id, user_id, role, tenant_id, project_id, created_by) values (?, ?, ?, ?, ?, ?)
     on conflict do nothing returning id`,
    [uuidv7(), userId, role, tenantId, projectId, assignedBy],
  );
  return created?.id ?? null;
}
