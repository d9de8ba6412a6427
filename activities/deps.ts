import type { Logger } from 'pino';
import type { Database } from '../server/persistence/database.ts';
import type { SealingKey } from '../server/secrets/sealing-key.ts';
import type { Adapter } from './adapters/adapter.ts';
import type { Runtimes } from './clusters/runtimes.ts';

/** All that an activity can reach. */
export interface Deps {
  db: Database;
  sealingKey: SealingKey;
  runtimes: Runtimes;
  /** @throws Problem 'agent.kind-unknown' */
  adapterOf(kind: string): Adapter;
  log: Logger;
  /** How long an image may fail to be pulled before the step gives up. */
  imagePatienceMs: number;
}
