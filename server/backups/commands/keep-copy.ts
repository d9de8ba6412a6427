import type { RecordedError } from '../../operations/operation.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Backup } from '../backup.entity.ts';
import { replacedExpiry, unverifiedExpiry } from '../copy-retention.ts';

/** A copy has been verified: it is kept, and the older ones of the same agent version come to their end some day. */
export async function keepCopy(tx: Transaction, copy: Backup): Promise<void> {
  tx.em.assign(copy, { phase: 'Verified', error: null, verifiedAt: new Date(), expiresAt: null });
  await tx.query(
    `update backups set expires_at = ? where instance_id = ? and agent_version_id = ? and phase = 'Verified'
       and expires_at is null and id <> ? and created_at <= ?`,
    [replacedExpiry(), copy.instanceId, copy.agentVersionId, copy.id, copy.createdAt],
  );
}

/** A copy that came to nothing. */
export function discardCopy(copy: Backup, error: RecordedError): void {
  Object.assign(copy, { phase: 'Failed', error, expiresAt: unverifiedExpiry() });
}
