import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { MemberRow } from '../member.presenter.ts';
import { requireOtherAdministrator } from '../require-other-administrator.ts';

export interface ChangeMember {
  /** Locked, see `lockMember`. */
  member: MemberRow;
  role: MemberRow['role'];
  expectedGeneration: number;
  by: Requester;
}

/**
 * Another role in the same place. Both ends of it are within the rights of whoever asks: the route has made sure. The
 * role that is held already changes nothing but the audit, which has what was asked for.
 * @throws Problem 'member.exists', 'member.last-administrator', 'request.stale'
 */
export async function changeMember(
  tx: Transaction,
  { member, role, expectedGeneration, by }: ChangeMember,
): Promise<void> {
  requireGeneration(member, expectedGeneration);
  const { id, name, tenantId, projectId } = member;
  if (role !== member.role) {
    await replaceRole(tx, member, role);
    tx.emit({ type: 'member.updated', tenantId, projectId, actorName: by.name, data: { id, name, role } });
  }
  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'member.update',
    objectType: 'member',
    objectId: id,
    objectName: name,
    outcome: 'succeeded',
    detail: { projectId },
    before: { role: member.role },
    after: { role },
    requestId: by.requestId,
  });
}

async function replaceRole(tx: Transaction, member: MemberRow, role: MemberRow['role']): Promise<void> {
  await requireOtherAdministrator(tx, member);
  const { id, userId, tenantId, projectId } = member;
  const [held] = await tx.query(
    `select id from role_assignments where user_id = ? and role = ? and tenant_id = ? and project_id is not distinct from ?::uuid`,
    [userId, role, tenantId, projectId],
  );
  if (held) throw new Problem('member.exists');
  await tx.query(`update role_assignments set role = ?, generation = generation + 1 where id = ?`, [role, id]);
}
