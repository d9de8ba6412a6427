import type { Client } from 'pg';
import type { Logger } from 'pino';
import { followChannel } from '../persistence/follow-channel.ts';

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
  const waiting = new Set<() => void>();
  /** Since `beforeUs`. Who asks for something older reads once, whether or not there is anything for him. */
  const newestOf = new Map<string, number>();
  const first = Promise.withResolvers<void>();
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

  const following = followChannel({
    databaseUrl,
    applicationName: 'occ-events',
    channel: 'occ_events',
    logger,
    pollMs,
    look: async (client) => {
      if (beforeUs === null) await begin(client);
      await look(client);
    },
  });

  return {
    closing: following.closing,
    async latest() {
      await first.promise;
      const client = following.connected();
      if (client) await look(client);
      return newest;
    },
    above(sequence, { tenants, timeoutMs, signal }) {
      const isOver = (): boolean => newestFor(tenants) > sequence || signal.aborted || following.closing.aborted;
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
      const closed = following.close();
      first.resolve();
      for (const wake of waiting) wake();
      await closed;
    },
  };
}
