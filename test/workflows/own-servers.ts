import type { LocalObjectStorage } from '../../deploy/local/object-storage.ts';
import type { LocalPostgres } from '../../deploy/local/postgres.ts';
import type { LocalTemporal } from '../../deploy/local/temporal.ts';
import { migrate } from '../../migrations/run.ts';
import { startOwnPostgres } from '../platform/postgres.ts';
import { startOwnObjectStorage } from '../platform/s3.ts';
import { startOwnTemporal } from '../platform/temporal.ts';

export interface OwnServers {
  postgres: LocalPostgres;
  temporal: LocalTemporal;
  storage: LocalObjectStorage;
  /** Of a migrated database, as the role of the product's processes. */
  appUrl: string;
  stop(): Promise<void>;
}

/** A database server, a Temporal and an object storage of one's own, to be killed at will. */
export async function startOwnServers(): Promise<OwnServers> {
  const [postgres, temporal, storage] = await Promise.all([
    startOwnPostgres(),
    startOwnTemporal(),
    startOwnObjectStorage(),
  ]);
  const ownerUrl = await postgres.database('occ');
  const app = new URL(ownerUrl);
  Object.assign(app, { username: 'occ_app', password: 'occ_app' });
  await migrate('up', { ownerUrl, appUrl: app.href });
  return {
    postgres,
    temporal,
    storage,
    appUrl: app.href,
    async stop() {
      await Promise.all([temporal.stop(), postgres.stop(), storage.stop()]);
    },
  };
}
