import { Problem } from '../../../workflows/contracts/problem.ts';
import { callerNow } from '../../access/caller-now.ts';
import { exceeding } from '../../access/exceeding.ts';
import type { Rights } from '../../access/rights.ts';
import { assignRole } from '../../identity/commands/assign-role.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { grantsOfRole } from '../../roles/grants-of-role.ts';
import type { InvitationRow } from '../read-invitations.ts';

interface AcceptInvitation {
  /** Locked, see `requireOffer`: of two who come with one token, one gets it. */
  invitation: InvitationRow;
  person: { userId: string; name: string };
  by: Requester;
  rights: Rights;
}

/**
 * Gives the role that was offered. Whoever invited must still be able to give it: an invitation outlives neither his
 * membership nor his rights. Runs as the platform.
 * @throws Problem 'invitation.invalid', 'member.exists'
 */
export async function acceptInvitation(
  tx: Transaction,
  { invitation, person, by, rights }: AcceptInvitation,
): Promise<void> {
  const { id, tenantId, projectId, role, createdBy } = invitation;
  const on = { tenantId, projectId };
  const inviter = await callerNow(tx, rights, createdBy);
  const grants = await grantsOfRole(tx, rights.builtIn, { role, tenantId });
  if (!inviter?.can('member:create', on) || exceeding(inviter, grants, on).length > 0) {
    throw new Problem('invitation.invalid');
  }
  const memberId = await assignRole(tx, { userId: person.userId, role, tenantId, projectId, assignedBy: createdBy });
  if (memberId === null) throw new Problem('member.exists');
  await tx.query('delete from invitations where id = ?', [id]);
  tx.audit({
    tenantId,
    actorId: person.userId,
    actorName: person.name,
    action: 'member.create',
    objectType: 'member',
    objectId: memberId,
    objectName: person.name,
    outcome: 'succeeded',
    detail: { role, projectId, invitationId: id, invitedBy: inviter.name },
    requestId: by.requestId,
  });
  tx.emit({
    type: 'member.created',
    tenantId,
    projectId,
    actorName: person.name,
    data: { id: memberId, name: person.name, role },
  });
}
