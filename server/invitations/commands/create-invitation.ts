import { v7 as uuidv7 } from 'uuid';
import { hashSessionToken, newSessionToken } from '../../identity/session-token.ts';
import type { Caller } from '../../access/caller.ts';
import { requirePlace } from '../../members/require-place.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { NewInvitation } from '../invitation.schema.ts';

/**
 * Runs as the platform.
 * @returns the token, which exists nowhere else
 * @throws Problem 'tenant.unknown', 'project.unknown'
 */
export async function createInvitation(
  tx: Transaction,
  { by, caller, ...wanted }: NewInvitation & { by: Requester; caller: Caller },
): Promise<{ id: string; token: string }> {
  const { tenantId, projectId = null, role, note, expiresInSeconds } = wanted;
  await requirePlace(tx, tenantId, projectId);
  await tx.query('delete from invitations where tenant_id = ? and expires_at < now()', [tenantId]);
  const id = uuidv7();
  const token = newSessionToken();
  await tx.query(
    `insert into invitations (id, tenant_id, project_id, role, note, token_hash, created_by, expires_at)
     values (?, ?, ?, ?, ?, ?, ?, now() + make_interval(secs => ?))`,
    [id, tenantId, projectId, role, note, hashSessionToken(token), caller.userId, expiresInSeconds],
  );
  tx.audit({
    tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: 'invitation.create',
    objectType: 'invitation',
    objectId: id,
    objectName: note,
    outcome: 'succeeded',
    detail: { role, projectId, expiresInSeconds },
    requestId: by.requestId,
  });
  tx.emit({ type: 'invitation.created', tenantId, projectId, actorName: by.name, data: { id, role } });
  return { id, token };
}
