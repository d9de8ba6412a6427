import { setTimeout as sleep } from 'node:timers/promises';
import { platformScope, type Database } from '../../server/persistence/database.ts';
import { sumOutdatedUsage } from '../../server/usage/commands/sum-outdated-usage.ts';
import type { MaintenanceResult } from '../../workflows/contracts/maintenance.ts';
import type { Deps } from '../deps.ts';
import { forgetOutdatedAudit } from './audit-retention.ts';
import { removeExpiredCopies } from './expired-copies.ts';
import type { MaintenanceRun } from './maintenance-run.ts';

const batchSize = 5_000;
const pauseMs = 200;

/** What is kept for how long; operations stay. Audit entries go by their chains, copies of state by a rule of their own. */
const outdated = {
  events: `created_at < now() - interval '30 days'`,
  operation_steps: `ended_at < now() - interval '30 days'`,
  usage_hours: `at < now() - interval '90 days'`,
  idempotency_keys: `expires_at < now()`,
  sessions: `expires_at < now() - interval '1 day' or revoked_at < now() - interval '1 day'`,
} as const;

/** In small bites, so that nobody waits for it. */
export async function removeOutdated(deps: Deps, run: MaintenanceRun): Promise<MaintenanceResult> {
  const { db } = deps;
  const { signal, reached } = run;
  const removed: MaintenanceResult = {};
  const inBites = async (table: string, removeSomeOf: () => Promise<number>): Promise<void> => {
    let count = 0;
    for (let bite = batchSize; bite === batchSize; count += bite) {
      bite = await removeSomeOf();
      reached(table);
      await sleep(pauseMs, undefined, { signal });
    }
    removed[table] = count;
  };
  // Single samples for a week; their sums go on being kept.
  await inBites('usage_samples', () => db.transaction(platformScope(), (tx) => sumOutdatedUsage(tx, batchSize)));
  for (const [table, condition] of Object.entries(outdated)) {
    await inBites(table, () => removeSome(db, table, condition));
  }
  await inBites('backups', () => removeExpiredCopies(deps, batchSize, signal));
  removed.audit_entries = await forgetOutdatedAudit(deps, run);
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
