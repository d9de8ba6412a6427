import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../server/persistence/database.ts';

/** Resolves once a statement of this database waits for a lock that another transaction holds. */
export async function waitUntilBlocked(db: Database): Promise<void> {
  for (;;) {
    const waiting = await db.execute(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await delay(10);
  }
}
