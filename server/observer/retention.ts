import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../observability/logger.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Lease } from './lease.ts';

const everyMs = 60 * 60_000;
const batchSize = 5_000;
const pauseMs = 200;

/** What is kept for how long; audit entries and operations stay. */
const outdated = {
  events: `created_at < now() - interval '30 days'`,
  operation_steps: `ended_at < now() - interval '30 days'`,
  idempotency_keys: `expires_at < now()`,
  sessions: `expires_at < now() - interval '1 day' or revoked_at < now() - interval '1 day'`,
} as const;

/** Once an hour, in small bites, so that nobody waits for it. */
export async function sweepOutdated(db: Database, log: Logger, lease: Lease): Promise<void> {
  while (!lease.signal.aborted) {
    for (const [table, condition] of Object.entries(outdated)) {
      let removed = 0;
      for (let bite = batchSize; bite === batchSize; removed += bite) {
        lease.assertValid();
        bite = await removeSome(db, table, condition);
        await sleep(pauseMs, undefined, { signal: lease.signal });
      }
      if (removed > 0) log.info({ table, removed }, 'removed what is older than its retention');
    }
    await sleep(everyMs, undefined, { signal: lease.signal }).catch(() => undefined);
  }
}

async function removeSome(db: Database, table: string, condition: string): Promise<number> {
  const rows = await db.transaction(platformScope(), (tx) =>
    tx.query(
      `delete from ${table} where ctid in (select ctid from ${table} where ${condition} limit ${batchSize}) returning 1`,
    ),
  );
  return rows.length;
}
