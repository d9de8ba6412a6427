import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AccessNotices } from '../access/access-notices.ts';
import type { Caller } from '../access/caller.ts';
import { scopeOf } from '../access/scope-of.ts';
import { whenRightsChange } from '../access/when-rights-change.ts';
import type { Condition } from '../http/list.ts';
import type { StreamContext } from '../http/route.ts';
import { wentAway } from '../http/went-away.ts';
import type { Database, Scope } from '../persistence/database.ts';
import type { EventFeed } from './event-feed.ts';
import { eventColumns, eventConditions, presentEvent, type EventRow } from './event-row.ts';
import type { EventFilter } from './event.schema.ts';

export interface EventStreamDeps {
  db: Database;
  feed: EventFeed;
  notices: AccessNotices;
  logger: Logger;
  /**
   * How long rights may be taken for granted where no notice says otherwise (a session runs out without one); a comment
   * is sent as often, so that nothing in between closes.
   */
  recheckMs?: number;
}

const pageSize = 500;
const restMs = 100;

/**
 * What is committed, in that order, from `Last-Event-ID` on or from now. Each read is one short transaction under the
 * rights of that moment; in between nothing is held. The generator is only asked for more while the socket drains, so
 * that a slow reader costs one page. Ends as soon as the session ends or the caller's roles change: the browser comes back
 * with its last id, and gets what he may see by then.
 */
export function eventStream(deps: EventStreamDeps, context: StreamContext<EventFilter>): Readable {
  const gone = new AbortController();
  const stream = Readable.from(follow(deps, context, gone.signal), {
    objectMode: false,
    highWaterMark: 64 * 1024,
  });
  stream.once('close', () => gone.abort());
  return stream;
}

async function* follow(
  { db, feed, notices, logger, recheckMs = 10_000 }: EventStreamDeps,
  context: StreamContext<EventFilter>,
  gone: AbortSignal,
): AsyncGenerator<string> {
  const { query } = context.input;
  const { caller } = context;
  const conditions = eventConditions(query, caller.reach('event:read'));
  const tenants = tenantsOf(scopeOf(caller, query), query);
  let checkedAtMs = Date.now();
  const rights = whenRightsChange(notices, caller, gone);
  try {
    let position = await startOf(context.lastEventId, feed);
    yield `retry: 2000\nid: ${position}\n\n`;
    while (!gone.aborted && !feed.closing.aborted) {
      const { signal } = rights;
      const newest = await feed.above(position, { tenants, timeoutMs: recheckMs, signal });
      if (gone.aborted || feed.closing.aborted) return;
      if (signal.aborted || Date.now() - checkedAtMs >= recheckMs) {
        rights.watchAgain();
        if (!sameRights(caller, await context.again())) return;
        checkedAtMs = Date.now();
        yield ': still here\n\n';
      }
      if (newest <= position) continue;
      const rows = await readAfter(db, caller, { query, conditions, position });
      const last = Number(rows.at(-1)?.sequence ?? 0);
      // Past what the caller may not see as well, so that it is not read over again.
      position = rows.length === pageSize ? last : Math.max(newest, last);
      if (rows.length > 0) yield rows.map(frame).join('');
      // A burst of changes costs a stream ten reads a second, however long it is.
      if (rows.length < pageSize) await delay(restMs, undefined, { signal: gone }).catch(() => {});
    }
  } catch (error) {
    // The browser comes back by itself with the last id that it has; nothing is lost.
    if (!wentAway(error)) logger.info({ err: error }, 'an event stream ended early');
  } finally {
    rights.stop();
  }
}

/** A number from our own stream, or from now on; also where the number is of a database that was put back since. */
async function startOf(lastEventId: string | null, feed: EventFeed): Promise<number> {
  const latest = await feed.latest();
  return lastEventId !== null && /^\d{1,15}$/.test(lastEventId) ? Math.min(Number(lastEventId), latest) : latest;
}

/** Whose events can be meant: only those wake the stream. */
const tenantsOf = (scope: Scope, { tenantId }: EventFilter): 'everything' | readonly string[] => {
  if (scope.kind === 'tenants') return scope.tenantIds;
  return tenantId === undefined ? 'everything' : [tenantId.toLowerCase()];
};

function readAfter(
  db: Database,
  caller: Caller,
  { query, conditions, position }: { query: EventFilter; conditions: Condition[]; position: number },
): Promise<EventRow[]> {
  return db.transaction(scopeOf(caller, query), (tx) =>
    tx.query<EventRow>(
      `select ${eventColumns} from events e
       where e.sequence > ? and ${conditions.map(({ sql }) => sql).join(' and ')}
       order by e.sequence limit ${pageSize}`,
      [position, ...conditions.flatMap(({ parameters }) => parameters)],
    ),
  );
}

function frame(row: EventRow): string {
  const event = presentEvent(row);
  return `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`;
}

const sameRights = (before: Caller, now: Caller | null): boolean =>
  now !== null && JSON.stringify(sorted(before)) === JSON.stringify(sorted(now));

const sorted = ({ assignments }: Caller): string[] =>
  assignments
    .map(({ role, tenantId, projectId, roleGeneration }) => `${role} ${roleGeneration} ${tenantId} ${projectId}`)
    .toSorted();
