import { anchorOutdated, forgetEntries } from '../../server/audit/commands/forget-entries.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { Deps } from '../deps.ts';
import type { MaintenanceRun } from './maintenance-run.ts';

/**
 * Removes the beginning of each chain that is older than its retention, after an anchor for it was signed. A run that is
 * cut off leaves the anchor, and the next one goes on below it.
 * @returns how many entries; without the key that signs, none
 */
export async function forgetOutdatedAudit(
  { db, auditSigner, auditRetentionDays }: Deps,
  { signal, reached }: Pick<MaintenanceRun, 'signal' | 'reached'>,
): Promise<number> {
  if (!auditSigner) return 0;
  const chains = await db.transaction(platformScope(), (tx) => anchorOutdated(tx, auditSigner, auditRetentionDays));
  let forgotten = 0;
  for (const chain of chains) {
    for (let bite = 1; bite > 0; forgotten += bite) {
      signal.throwIfAborted();
      bite = await db.transaction(platformScope(), (tx) => forgetEntries(tx, chain));
      reached('audit_entries');
    }
  }
  return forgotten;
}
