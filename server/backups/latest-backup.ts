import type { Transaction } from '../persistence/transaction.ts';
import { Backup } from './backup.entity.ts';

/**
 * The newest verified copy of an instance's state that the agent version of this revision can read; null where there is
 * none. It need not be of this very revision: what follows on it with the same version works on the same state.
 */
export async function latestBackupFor(tx: Transaction, instanceId: string, revision: number): Promise<Backup | null> {
  const [found] = await tx.query<{ id: string }>(
    `select b.id from backups b
     join revisions r on r.tenant_id = b.tenant_id and r.instance_id = b.instance_id and r.number = ?
     where b.instance_id = ? and b.phase = 'Verified' and b.agent_version_id = r.agent_version_id
     order by b.created_at desc, b.id desc limit 1`,
    [revision, instanceId],
  );
  return found ? tx.em.findOneOrFail(Backup, { id: found.id }) : null;
}
