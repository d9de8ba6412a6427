import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';

/** Where a role can be held. @throws Problem 'tenant.unknown', 'project.unknown' */
export async function requirePlace(tx: Transaction, tenantId: string, projectId: string | null): Promise<void> {
  const [tenant] = await tx.query(`select id from tenants where id = ? and phase = 'Active'`, [tenantId]);
  if (!tenant) throw new Problem('tenant.unknown');
  if (projectId === null) return;
  const [project] = await tx.query(`select id from projects where tenant_id = ? and id = ?`, [tenantId, projectId]);
  if (!project) throw new Problem('project.unknown');
}
