import type { Transaction } from '../../persistence/transaction.ts';
import { sealedEntrySql, sealHash, type SealedEntry } from '../sealed-entry.ts';

const batchSize = 1_000;

interface Head {
  number: number;
  hash: string | null;
}

/**
 * Puts the oldest entries that have no seal into their chains, in commit order. Runs as the platform, by one at a time;
 * a second one would be refused by the keys of the seals. What is written below the newest seal is never taken up:
 * nobody can have committed it there, so that the proof names it.
 * @returns how many; as many as fit into one transaction, so the caller asks again until none are left
 */
export async function sealEntries(tx: Transaction): Promise<number> {
  const rows = await tx.query<{ entry: SealedEntry }>(
    `select ${sealedEntrySql} as entry from audit_entries e
     where e.sequence > coalesce((select max(sequence) from audit_seals), 0) order by e.sequence limit ${batchSize}`,
  );
  if (rows.length === 0) return 0;
  const heads = await headsOf(tx, [...new Set(rows.map(({ entry }) => entry.tenantId))]);
  const seals = rows.map(({ entry }) => {
    const { tenantId, sequence, id: entryId } = entry;
    const before = heads.get(tenantId) ?? { number: 0, hash: null };
    const place = { tenantId, number: before.number + 1, previousHash: before.hash };
    const hash = sealHash(place, entry);
    heads.set(tenantId, { number: place.number, hash });
    return { ...place, sequence, entryId, hash };
  });
  await tx.query(
    `insert into audit_seals (sequence, tenant_id, number, entry_id, previous_hash, hash)
     select s.sequence, s."tenantId", s.number, s."entryId", s."previousHash", s.hash
     from jsonb_to_recordset(?::jsonb) as s (sequence bigint, "tenantId" uuid, number bigint, "entryId" uuid,
       "previousHash" text, hash text)`,
    [JSON.stringify(seals)],
  );
  return seals.length;
}

/** Retention leaves the newest seal of each chain. */
async function headsOf(tx: Transaction, chains: readonly (string | null)[]): Promise<Map<string | null, Head>> {
  const rows = await tx.query<{ tenantId: string | null; number: string; hash: string }>(
    `select c.id as "tenantId", s.number, s.hash
     from unnest(array[?]::uuid[]) as c (id) cross join lateral (
       select number, hash from audit_seals where tenant_id = c.id order by number desc limit 1) s
     union all (select null, number, hash from audit_seals where tenant_id is null order by number desc limit 1)`,
    [chains.filter((id) => id !== null)],
  );
  return new Map(rows.map(({ tenantId, number, hash }) => [tenantId, { number: Number(number), hash }]));
}
