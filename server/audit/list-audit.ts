import type { Reach } from '../access/caller.ts';
import { reachCondition } from '../access/reach-condition.ts';
import { containsText } from '../http/contains-text.ts';
import { condition, readPage, type Condition } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { AuditEntryAnswer, AuditFilter } from './audit.schema.ts';
import { sealedEntrySql } from './sealed-entry.ts';

/** Nobody pages further than this; an export goes on. */
export const countUpTo = 10_000;

export interface AuditRow {
  id: string;
  entry: Omit<AuditEntryAnswer, 'seal'>;
  number: number | null;
  previousHash: string | null;
  hash: string | null;
}

const from = 'audit_entries e left join audit_seals s on s.entry_id = e.id';
const select = `e.id, ${sealedEntrySql} as entry, s.number::float8 as number, s.previous_hash as "previousHash", s.hash`;

/** Row-level security leaves the caller's tenants; this leaves where he may read the audit, and what he asked for. */
function auditConditions(filter: AuditFilter, reach: Reach): Condition[] {
  const where = [reachCondition(reach, { tenant: 'e.tenant_id' })];
  const add = (sql: string, value: unknown): void => {
    if (value !== undefined) where.push(condition(sql, value));
  };
  add('e.tenant_id = ?::uuid', filter.tenantId);
  if (filter.actor !== undefined) where.push(byActor(filter.actor));
  if (filter.action !== undefined) where.push(containsText(['e.action'], filter.action));
  add('e.object_type = ?', filter.objectType);
  add('e.object_id = ?::uuid', filter.objectId);
  if (filter.outcome?.length) add('e.outcome = any (array[?]::text[])', filter.outcome);
  add('e.created_at >= ?::timestamptz', filter.from);
  add('e.created_at < ?::timestamptz', filter.to);
  add('e.request_id = ?', filter.requestId);
  return where;
}

const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const byActor = (actor: string): Condition =>
  isId.test(actor)
    ? condition('(e.actor_id = ?::uuid or e.on_behalf_of_id = ?::uuid)', actor, actor)
    : containsText(['e.actor_name', 'e.on_behalf_of_name'], actor);

/** Newest first. */
export const listAudit = (
  tx: Transaction,
  reach: Reach,
  query: AuditFilter & { limit: number; cursor?: string | undefined },
): Promise<Page<AuditRow>> =>
  readPage<AuditRow>(tx, {
    name: 'audit',
    select,
    from,
    where: auditConditions(query, reach),
    sort: { keys: [{ sql: 'e.sequence', cast: 'bigint' }], descending: true },
    limit: query.limit,
    cursor: query.cursor,
    countUpTo,
  });

/** Oldest first, from after a place in the order of commits. */
export function readAuditAfter(
  tx: Transaction,
  reach: Reach,
  { filter, after, limit }: { filter: AuditFilter; after: number; limit: number },
): Promise<AuditRow[]> {
  const where = [...auditConditions(filter, reach), condition('e.sequence > ?', after)];
  return tx.query<AuditRow>(
    `select ${select} from ${from} where ${where.map(({ sql }) => sql).join(' and ')} order by e.sequence limit ${limit}`,
    where.flatMap(({ parameters }) => parameters),
  );
}

/** How many there are, counted no further than `upTo`. */
export async function countAudit(tx: Transaction, reach: Reach, filter: AuditFilter, upTo: number): Promise<number> {
  const where = auditConditions(filter, reach);
  const [counted] = await tx.query<{ total: number }>(
    `select count(*)::int as total from (
       select from audit_entries e where ${where.map(({ sql }) => sql).join(' and ')} limit ${upTo}) counted`,
    where.flatMap(({ parameters }) => parameters),
  );
  return counted?.total ?? 0;
}

export const presentAudit = ({ entry, number, previousHash, hash }: AuditRow): AuditEntryAnswer => ({
  id: entry.id,
  sequence: entry.sequence,
  tenantId: entry.tenantId,
  actorId: entry.actorId,
  actorName: entry.actorName,
  onBehalfOfId: entry.onBehalfOfId,
  onBehalfOfName: entry.onBehalfOfName,
  action: entry.action,
  objectType: entry.objectType,
  objectId: entry.objectId,
  objectName: entry.objectName,
  outcome: entry.outcome,
  detail: entry.detail,
  before: entry.before,
  after: entry.after,
  requestId: entry.requestId,
  operationId: entry.operationId,
  createdAt: entry.createdAt,
  seal: number !== null && hash !== null ? { number, previousHash, hash } : null,
});
