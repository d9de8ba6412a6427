import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { InvitationRow } from '../read-invitations.ts';

/** Its token is worth nothing from now on. Runs as the platform. */
export async function withdrawInvitation(
  tx: Transaction,
  { invitation, by }: { invitation: InvitationRow; by: Requester },
): Promise<void> {
  const { id, tenantId, projectId, role, note } = invitation;
  await tx.query('delete from invitations where id = ?', [id]);
  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'invitation.delete',
    objectType: 'invitation',
    objectId: id,
    objectName: note,
    outcome: 'succeeded',
    detail: { role, projectId },
    requestId: by.requestId,
  });
  tx.emit({ type: 'invitation.deleted', tenantId, projectId, actorName: by.name, data: { id, role } });
}
