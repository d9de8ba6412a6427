import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';

export interface ChannelOptions {
  databaseUrl: string;
  applicationName: string;
  channel: string;
  logger: Logger;
  /** A notification can be lost with the connection, so that one looks now and then. */
  pollMs: number;
  /** Reads what there is: once connected, after each notification, and when the time is up. */
  look: (client: Client) => Promise<void>;
  onNotice?: (payload: string) => void;
}

export interface Following {
  /** The connection while it stands. */
  connected(): Client | null;
  /** Ends with `close`. */
  readonly closing: AbortSignal;
  close(): Promise<void>;
}

/** Listens to a channel on a connection of its own, as the platform role, and opens another one when that breaks. */
export function followChannel(options: ChannelOptions): Following {
  const { databaseUrl, applicationName, channel, logger, pollMs, look, onNotice } = options;
  const closing = new AbortController();
  let connected: Client | null = null;

  const follow = async (): Promise<void> => {
    const client = new Client({
      connectionString: databaseUrl,
      application_name: applicationName,
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
      await client.query(`set role occ_platform; listen ${channel}`);
      connected = client;
      let notified = Promise.withResolvers<void>();
      client.on('notification', ({ payload = '' }) => {
        onNotice?.(payload);
        notified.resolve();
      });
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
        logger.warn({ err: error, channel }, 'a channel of the database lost its connection');
        await delay(1_000, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  };
  const following = followAlways();

  return {
    connected: () => connected,
    closing: closing.signal,
    async close() {
      closing.abort();
      await following;
    },
  };
}
