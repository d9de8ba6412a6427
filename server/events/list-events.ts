import type { Reach } from '../access/caller.ts';
import { readPage } from '../http/list.ts';
import type { Page } from '../http/page.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { eventColumns, eventConditions, type EventRow } from './event-row.ts';
import type { EventFilter } from './event.schema.ts';

/** A month of events may be millions, and nobody pages further than this. */
export const countUpTo = 10_000;

/** Newest first. */
export const listEvents = (
  tx: Transaction,
  reach: Reach,
  query: EventFilter & { limit: number; cursor?: string | undefined },
): Promise<Page<EventRow>> =>
  readPage<EventRow>(tx, {
    name: 'events',
    select: eventColumns,
    from: 'events e',
    where: eventConditions(query, reach),
    sort: { keys: [{ sql: 'e.sequence', cast: 'bigint' }], descending: true },
    limit: query.limit,
    cursor: query.cursor,
    countUpTo,
  });
