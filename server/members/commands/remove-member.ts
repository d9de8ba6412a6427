import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { MemberRow } from '../member.presenter.ts';

/** Takes the role away, not the account. It ends with the person's next request, and within seconds on his streams. */
export async function removeMember(
  tx: Transaction,
  { member, by }: { member: MemberRow; by: Requester },
): Promise<void> {
  const { id, name, role, tenantId, projectId } = member;
  await tx.query(`delete from role_assignments where id = ?`, [id]);
  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'member.delete',
    objectType: 'member',
    objectId: id,
    objectName: name,
    outcome: 'succeeded',
    detail: { role, projectId },
    requestId: by.requestId,
  });
  tx.emit({
    type: 'member.deleted',
    tenantId,
    projectId,
    actorName: by.name,
    data: { id, name, role },
  });
}
