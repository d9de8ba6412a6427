import type { Logger } from 'pino';
import { platformScope, type Database } from '../persistence/database.ts';

/** A portal session ends 12 hours after its last use and at the latest after a week. */
export const portalSessionHours = 12;
const longestDays = 7;
/** An API session ends 30 days after its last refresh. */
export const apiSessionDays = 30;

export interface SessionLife {
  /** Notes that the session is in use. Writes at most every ten minutes for each session, and never delays the request. */
  touch(sessionId: string): void;
}

const writeEveryMs = 10 * 60_000;
const rememberedAtMost = 10_000;

export function sessionLife({ db, logger }: { db: Database; logger: Logger }): SessionLife {
  const lastWrites = new Map<string, number>();
  return {
    touch(sessionId) {
      const now = Date.now();
      if (now - (lastWrites.get(sessionId) ?? 0) < writeEveryMs) return;
      if (lastWrites.size >= rememberedAtMost) lastWrites.clear();
      lastWrites.set(sessionId, now);
      extend(db, sessionId).catch((error: unknown) => logger.warn({ err: error }, 'a session was not extended'));
    },
  };
}

const extend = (db: Database, sessionId: string): Promise<unknown> =>
  db.transaction(platformScope(), (tx) =>
    tx.query(
      `update sessions
       set expires_at = least(now() + interval '${portalSessionHours} hours', created_at + interval '${longestDays} days')
       where id = ? and revoked_at is null and expires_at < now() + interval '${portalSessionHours - 1} hours'`,
      [sessionId],
    ),
  );
