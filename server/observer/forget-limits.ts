import { setTimeout as sleep } from 'node:timers/promises';
import { forgetOldAttempts } from '../limits/commands/count-attempts.ts';
import { forgetFullBuckets } from '../limits/commands/lease-slices.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Lease } from './lease.ts';

const everyMs = 60_000;

/** Once a minute: what strangers have left in the tables of limits goes as soon as it limits nothing any more. */
export async function forgetLimits(db: Database, lease: Lease): Promise<void> {
  while (!lease.signal.aborted) {
    lease.assertValid();
    await forgetLimitsOnce(db);
    await sleep(everyMs, undefined, { signal: lease.signal }).catch(() => undefined);
  }
}

/** Not fenced by the lease: whoever does it, and however often, removes the same. */
export async function forgetLimitsOnce(db: Database): Promise<void> {
  for (const forget of [forgetFullBuckets, forgetOldAttempts]) {
    await db.transaction(platformScope(), forget);
  }
}
