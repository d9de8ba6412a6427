import { activeOperationPhases } from '../../workflows/contracts/phases.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { Deps } from '../deps.ts';

/**
 * Removes copies of state whose time has come: first what lies in the storage, then the row, so that nothing is left there
 * that nobody knows of. A storage that is away ends it; the next run goes on.
 */
export async function removeExpiredCopies(
  { db, log, storage }: Pick<Deps, 'db' | 'log' | 'storage'>,
  atMost: number,
  signal: AbortSignal,
): Promise<number> {
  const expired = await db.transaction(platformScope(), (tx) =>
    tx.query<{ id: string; tenantId: string; objectKey: string }>(
      // An operation under way may be writing it, or putting it back.
      `select b.id, b.tenant_id as "tenantId", b.object_key as "objectKey" from backups b
       where b.expires_at < now() and b.phase <> 'Expired' and b.bucket = ?
         and not exists (select from operations o where o.instance_id = b.instance_id and o.phase = any (array[?]::text[]))
       order by b.expires_at limit ?`,
      [storage.bucket, [...activeOperationPhases], atMost],
    ),
  );
  let removed = 0;
  for (const { id, tenantId, objectKey } of expired) {
    try {
      await storage.of(tenantId).remove(objectKey, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof Problem)) throw error;
      log.warn(
        { code: error.code, detail: error.detail, left: expired.length - removed },
        'copies could not be removed',
      );
      return removed;
    }
    await db.transaction(platformScope(), (tx) => tx.query('delete from backups where id = ?', [id]));
    removed += 1;
  }
  return removed;
}
