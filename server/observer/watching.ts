import type { Adapter } from '../../activities/adapters/adapter.ts';
import type { Runtime } from '../../activities/runtimes/runtime.ts';
import type { Logger } from '../observability/logger.ts';
import type { Database } from '../persistence/database.ts';
import type { Lease } from './lease.ts';

/** What whoever mends something on a cluster works with. */
export interface Watching {
  db: Database;
  log: Logger;
  runtime: Runtime;
  lease: Lease;
  adapterOf(kind: string): Adapter;
}
