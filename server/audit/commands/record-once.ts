import { createHash } from 'node:crypto';
import type { NewAuditEntry, Transaction } from '../../persistence/transaction.ts';
import { canonicalJson } from '../canonical-json.ts';

/** All that is given for an entry, but its id: the place in the order and the time are the database's. */
export const entryColumns = [
  'tenant_id',
  'actor_id',
  'actor_name',
  'action',
  'object_type',
  'object_id',
  'object_name',
  'outcome',
  'detail',
  'request_id',
] as const;

/** Of what a stranger may write himself. */
const longestText = 200;

/**
 * An entry for what can be had a thousand times a second: a refusal, a look. The first of a minute (same actor, action,
 * object, outcome and reason) is written at once; the others are counted in a row, which becomes one more entry when
 * the minute is over (`closeRepeats`). So a flood costs two entries a minute and loses no count, whichever process dies.
 * Runs as the platform, and is the same one statement whether it is the first or not.
 */
export async function recordOnce(tx: Transaction, entry: NewAuditEntry): Promise<void> {
  const { detail = {}, actorName, objectName = null } = entry;
  const row: Record<(typeof entryColumns)[number], unknown> = {
    tenant_id: entry.tenantId,
    actor_id: entry.actorId,
    actor_name: actorName.slice(0, longestText),
    action: entry.action,
    object_type: entry.objectType,
    object_id: entry.objectId ?? null,
    object_name: objectName?.slice(0, longestText) ?? null,
    outcome: entry.outcome,
    detail,
    request_id: entry.requestId ?? null,
  };
  const same = {
    ...row,
    request_id: null,
    detail: { on: detail.on, reason: detail.reason, address: detail.address, query: detail.query },
  };
  const key = createHash('sha256').update(canonicalJson(same)).digest('base64url');
  await tx.query(
    `with repeat as (
       insert into audit_repeats as r (key, entry, ends_at)
       values (?, ?::jsonb, clock_timestamp() + interval '1 minute')
       on conflict (key) do update set count = r.count + 1
       returning entry, xmax = 0 as first),
     entries as (select jsonb_populate_record(null::audit_entries, entry) as e from repeat where first)
     insert into audit_entries (id, ${entryColumns.join(', ')})
     select gen_random_uuid(), ${entryColumns.map((column) => `(e).${column}`).join(', ')} from entries`,
    [key, JSON.stringify(row)],
  );
}
