import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';

/** Tells a process's streams that there is something to read; what, they find out under their callers' rights. */
export interface EventFeed {
  /** The newest sequence that is committed now; without a connection, the newest that is known. */
  latest(): Promise<number>;
  /**
   * Resolves with the newest sequence of these tenants once it is above `sequence`, or after the time, or when the
   * signal aborts.
   */
  above(sequence: number, options: Wait): Promise<number>;
  /** Ends every wait and every stream. */
  readonly closing: AbortSignal;
  close(): Promise<void>;
}

interface Wait {
  tenants: 'everything' | readonly string[];
  timeoutMs: number;
  signal: AbortSignal;
}

interface Options {
  databaseUrl: string;
  logger: Logger;
  /** A notification can be lost with the connection, so that the table is asked now and then. */
  pollMs?: number;
}

/**
 * One connection for the whole process. As the platform role, because the newest sequence is that of all tenants; it
 * reads nothing else.
 */
export function eventFeed({ databaseUrl, logger, pollMs = 2_000 }: Options): EventFeed {
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  /** Since `beforeUs`. Who asks for something older reads once, whether or not there is anything for him. */
  const newestOf = new Map<string, number>();
  const first = Promise.withResolvers<void>();
  let connected: Client | null = null;
  let newest = 0;
  let beforeUs: number | null = null;

  const begin = async (client: Client): Promise<void> => {
    const { rows } = await client.query<{ newest: string | null }>('select max(sequence) as newest from events');
    beforeUs = newest = Number(rows[0]?.newest ?? 0);
    first.resolve();
    for (const wake of waiting) wake();
  };
  const look = async (client: Client): Promise<void> => {
    const { rows } = await client.query<{ tenantId: string | null; newest: string }>(
      'select tenant_id as "tenantId", max(sequence) as newest from events where sequence > $1 group by tenant_id',
      [newest],
    );
    for (const row of rows) {
      const sequence = Number(row.newest);
      newest = Math.max(newest, sequence);
      if (row.tenantId) newestOf.set(row.tenantId, Math.max(sequence, newestOf.get(row.tenantId) ?? 0));
    }
    if (rows.length > 0) for (const wake of waiting) wake();
  };
  const newestFor = (tenants: Wait['tenants']): number =>
    tenants === 'everything' ? newest : Math.max(beforeUs ?? 0, ...tenants.map((id) => newestOf.get(id) ?? 0));

  const follow = async (): Promise<void> => {
    const client = new Client({
      connectionString: databaseUrl,
      application_name: 'occ-events',
      keepAlive: true,
    });
    const broken = Promise.withResolvers<never>();
    broken.promise.catch(() => {});
    const stop = (): void => broken.reject(new Error('closing'));
    closing.signal.addEventListener('abort', stop, { once: true });
    try {
      client.on('error', broken.reject);
      client.on('end', () => broken.reject(new Error('the connection ended')));
      await client.connect();
      await client.query('set role occ_platform; listen occ_events');
      connected = client;
      let notified = Promise.withResolvers<void>();
      client.on('notification', () => notified.resolve());
      if (beforeUs === null) await Promise.race([begin(client), broken.promise]);
      while (!closing.signal.aborted) {
        notified = Promise.withResolvers<void>();
        await Promise.race([look(client), broken.promise]);
        const poll = new AbortController();
        await Promise.race([
          notified.promise,
          broken.promise,
          delay(pollMs, undefined, { signal: poll.signal }).catch(() => {}),
        ]).finally(() => poll.abort());
      }
    } finally {
      connected = null;
      closing.signal.removeEventListener('abort', stop);
      await client.end().catch(() => {});
    }
  };

  const followAlways = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (closing.signal.aborted) return;
        logger.warn({ err: error }, 'the event feed lost its connection');
        await delay(1_000, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  };
  const following = followAlways();

  return {
    closing: closing.signal,
    async latest() {
      await first.promise;
      if (connected) await look(connected);
      return newest;
    },
    above(sequence, { tenants, timeoutMs, signal }) {
      const isOver = (): boolean => newestFor(tenants) > sequence || signal.aborted || closing.signal.aborted;
      if (isOver()) return Promise.resolve(newestFor(tenants));
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal.removeEventListener('abort', done);
          resolve(newestFor(tenants));
        };
        const wake = (): void => {
          if (isOver()) done();
        };
        const timer = setTimeout(done, timeoutMs);
        waiting.add(wake);
        signal.addEventListener('abort', done, { once: true });
      });
    },
    async close() {
      closing.abort();
      first.resolve();
      for (const wake of waiting) wake();
      await following;
    },
  };
}
