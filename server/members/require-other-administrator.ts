import { Problem } from '../../workflows/contracts/problem.ts';
import { Role } from '../access/roles.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { MemberRow } from './member.presenter.ts';

/**
 * A tenant that had an administrator keeps one. The tenant's row is locked by then (`lockMember`), so that two who remove
 * each other at the same time do not both succeed.
 * @throws Problem 'member.last-administrator' where the membership is the last that administers its tenant
 */
export async function requireOtherAdministrator(
  tx: Transaction,
  { id, role, tenantId, projectId }: Pick<MemberRow, 'id' | 'role' | 'tenantId' | 'projectId'>,
): Promise<void> {
  if (role !== Role.TenantAdministrator || projectId !== null) return;
  const [other] = await tx.query(
    `select a.id from role_assignments a join users u on u.id = a.user_id
     where a.tenant_id = ? and a.project_id is null and a.role = ? and a.id <> ? and not u.disabled limit 1`,
    [tenantId, Role.TenantAdministrator, id],
  );
  if (!other) throw new Problem('member.last-administrator');
}
