import { startPostgres } from '../../deploy/local/postgres.ts';
import type { LocalPostgres } from '../../deploy/local/postgres.ts';
import { throwAwayDirectory } from './directory.ts';
import { provided } from './environment.ts';

/** Connection string of the superuser of the server that all suites share; each makes its own database in it. */
export function sharedPostgresUrl(): string {
  return provided('TEST_POSTGRES_URL');
}

/** A server of one's own, to be killed and restarted at will. The caller stops it. */
export function startOwnPostgres(): Promise<LocalPostgres> {
  return startPostgres({ directory: throwAwayDirectory('postgres'), durable: false, report: () => undefined });
}
