import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { MemberRow } from '../member.presenter.ts';
import { requireOtherAdministrator } from '../require-other-administrator.ts';

/**
 * Takes the role away, not the account. It ends with the person's next request, and at once on his streams.
 * @throws Problem 'member.last-administrator', 'request.stale'
 */
export async function removeMember(
  tx: Transaction,
  { member, expectedGeneration, by }: { member: MemberRow; expectedGeneration: number; by: Requester },
): Promise<void> {
  requireGeneration(member, expectedGeneration);
  await requireOtherAdministrator(tx, member);
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
