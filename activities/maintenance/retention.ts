import { setTimeout as sleep } from 'node:timers/promises';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import type { MaintenanceResult } from '../../workflows/contracts/maintenance.ts';
import type { Deps } from '../deps.ts';
import type { MaintenanceRun } from './maintenance-run.ts';

const batchSize = 5_000;
const pauseMs = 200;

/** What is kept for how long; audit entries and operations stay. */
const outdated = {
  events: `created_at < now() - interval '30 days'`,
  operation_steps: `ended_at < now() - interval '30 days'`,
  usage_samples: `at < now() - interval '7 days'`,
  idempotency_keys: `expires_at < now()`,
  sessions: `expires_at < now() - interval '1 day' or revoked_at < now() - interval '1 day'`,
} as const;

/** In small bites, so that nobody waits for it. */
export async function removeOutdated({ db }: Deps, { signal, reached }: MaintenanceRun): Promise<MaintenanceResult> {
  const removed: MaintenanceResult = {};
  for (const [table, condition] of Object.entries(outdated)) {
    let count = 0;
    for (let bite = batchSize; bite === batchSize; count += bite) {
      bite = await removeSome(db, table, condition);
      reached(table);
      await sleep(pauseMs, undefined, { signal });
    }
    removed[table] = count;
  }
  return removed;
}

async function removeSome(db: Database, table: string, condition: string): Promise<number> {
  const rows = await db.transaction(platformScope(), (tx) =>
    tx.query(
      `delete from ${table} where ctid in (select ctid from ${table} where ${condition} limit ${batchSize}) returning 1`,
    ),
  );
  return rows.length;
}
