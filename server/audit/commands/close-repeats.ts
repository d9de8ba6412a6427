import type { Transaction } from '../../persistence/transaction.ts';
import { entryColumns } from './record-once.ts';

/** What a minute that is over has counted beyond its first, as one entry each. Runs as the platform. */
export async function closeRepeats(tx: Transaction): Promise<void> {
  // One statement, so that the lock that orders entries is taken before those of the rows, as where they are counted.
  await tx.query(
    `with closed as (delete from audit_repeats where ends_at < clock_timestamp() returning entry, count),
     repeated as (
       select jsonb_populate_record(null::audit_entries, entry || jsonb_build_object('request_id', null,
         'detail', (entry->'detail') || jsonb_build_object('repeated', count - 1))) as e
       from closed where count > 1)
     insert into audit_entries (id, ${entryColumns.join(', ')})
     select gen_random_uuid(), ${entryColumns.map((column) => `(e).${column}`).join(', ')} from repeated`,
  );
}
