import { Readable } from 'node:stream';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import { scopeOf } from '../access/scope-of.ts';
import type { Database } from '../persistence/database.ts';
import type { AuditEntryAnswer, AuditFilter } from './audit.schema.ts';
import { csvLine } from './csv-line.ts';
import { countAudit, presentAudit, readAuditAfter } from './list-audit.ts';

/** Of one export; more is for several, each narrowed by time. */
export const exportedAtMost = 100_000;
const pageSize = 500;

export interface AuditExport {
  filter: AuditFilter;
  format: 'jsonl' | 'csv';
  caller: Caller;
  /** Who he is by now; null when his session has ended. */
  again: () => Promise<Caller | null>;
}

/**
 * Oldest first, a page of rows at a time and only while the reader takes them: a slow one costs one page of memory and
 * no transaction. Each page is read under the rights of that moment, so that an export ends with the right.
 * @throws Problem 'audit.export-too-large'
 */
export async function exportAudit(db: Database, order: AuditExport): Promise<Readable> {
  const { caller, filter } = order;
  const count = await db.transaction(scopeOf(caller, filter), (tx) =>
    countAudit(tx, caller.reach('audit:export'), filter, exportedAtMost + 1),
  );
  if (count > exportedAtMost) throw new Problem('audit.export-too-large', `At most ${exportedAtMost} entries.`);
  return Readable.from(lines(db, order), { objectMode: false, highWaterMark: 64 * 1024 });
}

async function* lines(db: Database, { filter, format, caller, again }: AuditExport): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(columns);
  let reader: Caller | null = caller;
  for (let after = 0, left = exportedAtMost; left > 0; left -= pageSize) {
    if (!reader) throw new Error('the session ended before its export did');
    const reach = reader.reach('audit:export');
    const page = await db.transaction(scopeOf(reader, filter), (tx) =>
      readAuditAfter(tx, reach, { filter, after, limit: Math.min(pageSize, left) }),
    );
    const entries = page.map(presentAudit);
    const last = entries.at(-1);
    if (!last) return;
    yield entries.map((entry) => (format === 'csv' ? csvLine(cells(entry)) : `${JSON.stringify(entry)}\n`)).join('');
    if (entries.length < pageSize) return;
    after = last.sequence;
    reader = await again();
  }
}

const columns = [
  'sequence',
  'createdAt',
  'tenantId',
  'actorId',
  'actorName',
  'onBehalfOfName',
  'action',
  'objectType',
  'objectId',
  'objectName',
  'outcome',
  'requestId',
  'operationId',
  'before',
  'after',
  'detail',
  'number',
  'hash',
  'id',
] as const;

const cells = ({ seal, ...entry }: AuditEntryAnswer): unknown[] => {
  const all = { ...entry, number: seal?.number, hash: seal?.hash };
  return columns.map((column) => all[column]);
};
