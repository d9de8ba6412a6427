import type { Logger } from 'pino';
import { z } from 'zod';
import { followChannel } from '../persistence/follow-channel.ts';

/** Whose rights may be others now: one person's, those of everybody with a role of that tenant, or anybody's. */
export type AccessChange = { userId: string } | { tenantId: string } | 'everything';

/** Tells a process that rights have changed, wherever that was done. What they are now is to be read. */
export interface AccessNotices {
  /** @returns what ends it */
  follow(listener: (change: AccessChange) => void): () => void;
  close(): Promise<void>;
}

interface Options {
  databaseUrl: string;
  logger: Logger;
  /** Behind the notices: how long a lost one goes unnoticed. */
  pollMs?: number;
}

const Notice = z.object({
  version: z.number(),
  userId: z.uuid().optional(),
  tenantId: z.uuid().optional(),
});

/**
 * A notice comes with the version that its change made, and these follow each other without a gap. Whatever is above
 * the version that this process has heard of was missed, and then everything may have changed.
 */
export function accessNotices({ databaseUrl, logger, pollMs = 1_000 }: Options): AccessNotices {
  const listeners = new Set<(change: AccessChange) => void>();
  let heardOf: number | null = null;

  const tell = (change: AccessChange): void => {
    for (const listener of listeners) listener(change);
  };
  const hear = (version: number, change: AccessChange): void => {
    const isMissing = heardOf === null || version > heardOf + 1;
    heardOf = Math.max(version, heardOf ?? 0);
    tell(isMissing ? 'everything' : change);
  };

  const following = followChannel({
    databaseUrl,
    applicationName: 'occ-access',
    channel: 'occ_access',
    logger,
    pollMs,
    onNotice(payload) {
      const { version, userId, tenantId } = Notice.parse(JSON.parse(payload));
      hear(version, userId ? { userId } : tenantId ? { tenantId } : 'everything');
    },
    async look(client) {
      const { rows } = await client.query<{ version: string }>('select version from access_state');
      const version = Number(rows[0]?.version ?? 0);
      if (heardOf === null) heardOf = version;
      else if (version > heardOf) hear(version, 'everything');
    },
  });

  return {
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => following.close(),
  };
}
