import { setTimeout as sleep } from 'node:timers/promises';
import { closeRepeats } from '../audit/commands/close-repeats.ts';
import { sealEntries } from '../audit/commands/seal-entries.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Lease } from './lease.ts';

const sealEveryMs = 1_000;

/** Once a second: what was counted of a minute that is over becomes an entry, and every entry gets its seal. */
export async function sealAudit(db: Database, lease: Lease): Promise<void> {
  while (!lease.signal.aborted) {
    lease.assertValid();
    await sealOnce(db, (tx) => lease.assertHeld(tx));
    await sleep(sealEveryMs, undefined, { signal: lease.signal }).catch(() => undefined);
  }
}

type Transacted = Parameters<Parameters<Database['transaction']>[1]>[0];

/** @returns how many entries were sealed */
export async function sealOnce(
  db: Database,
  mayStill: (tx: Transacted) => Promise<void> = async () => undefined,
): Promise<number> {
  await db.transaction(platformScope(), async (tx) => {
    await mayStill(tx);
    await closeRepeats(tx);
  });
  let sealed = 0;
  for (let some = 1; some > 0; sealed += some) {
    some = await db.transaction(platformScope(), async (tx) => {
      await mayStill(tx);
      return sealEntries(tx);
    });
  }
  return sealed;
}
