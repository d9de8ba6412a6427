import { Readable } from 'node:stream';
import { signCheckpoints } from '../../server/audit/commands/sign-checkpoints.ts';
import { AuditCheckpoint } from '../../server/audit/audit-checkpoint.entity.ts';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import type { MaintenanceResult } from '../../workflows/contracts/maintenance.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { checkpointCopy, checkpointKeyOf } from '../audit/checkpoint-copies.ts';
import type { Deps } from '../deps.ts';
import type { MaintenanceRun } from './maintenance-run.ts';

const storedAtOnce = 200;

/**
 * Signs how far each chain has got, then puts a copy of every checkpoint that has none into the object storage. Where
 * that is away the signatures are in the database meanwhile, and the next run makes up for the copies.
 */
export async function checkpointAudit(
  { db, storage, auditSigner, log }: Deps,
  { signal, reached }: MaintenanceRun,
): Promise<MaintenanceResult> {
  const store = storage.platform;
  if (!auditSigner) throw new Problem('audit.key-missing');
  const signed = await db.transaction(platformScope(), (tx) => signCheckpoints(tx, auditSigner));
  let stored = 0;
  try {
    for (let waiting = await unstored(db); waiting.length > 0; waiting = await unstored(db)) {
      if (stored === 0) await store.check(signal);
      for (const checkpoint of waiting) {
        await store.put(checkpointKeyOf(checkpoint), Readable.from([checkpointCopy(checkpoint)]), signal);
        await db.transaction(platformScope(), (tx) =>
          tx.query('update audit_checkpoints set stored_at = now() where id = ?', [checkpoint.id]),
        );
        stored += 1;
        reached(stored);
      }
    }
    return { signed, stored };
  } catch (error) {
    if (signal.aborted || !(error instanceof Problem)) throw error;
    log.warn({ err: error }, 'checkpoints of the audit could not be stored; the next run tries again');
    return { signed, stored, unstored: (await unstored(db)).length };
  }
}

/** The oldest of them. */
const unstored = (db: Database): Promise<AuditCheckpoint[]> =>
  db.transaction(platformScope(), ({ em }) =>
    em.find(AuditCheckpoint, { storedAt: null }, { orderBy: { id: 'asc' }, limit: storedAtOnce }),
  );
