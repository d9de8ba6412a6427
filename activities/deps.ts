import type { Logger } from 'pino';
import type { AuditSigner } from '../server/audit/checkpoint.ts';
import type { Rights } from '../server/access/rights.ts';
import type { Database } from '../server/persistence/database.ts';
import type { SealingKey } from '../server/secrets/sealing-key.ts';
import type { Adapter } from './adapters/adapter.ts';
import type { Runtimes } from './clusters/runtimes.ts';
import type { Storage } from './storage/storage.ts';

/** All that an activity can reach. */
export interface Deps {
  db: Database;
  /** For what goes on after its request: rights are checked again before each effect. */
  rights: Rights;
  sealingKey: SealingKey;
  runtimes: Runtimes;
  /** @throws Problem 'agent.kind-unknown' */
  adapterOf(kind: string): Adapter;
  log: Logger;
  /** How long an image may take to come, or fail to, before a step gives up. */
  imagePatienceMs: number;
  /** Where copies of agents' state go, each tenant's by itself. */
  storage: Storage;
  /** How long an agent may go on working before it is stopped for a copy, and how long a storage may be away then. */
  restPatienceMs: number;
  /** How long a started agent may take to be ready, and a ready one to prove its configuration. */
  readyPatienceMs: number;
  proofPatienceMs: number;
  /** Asked by analyses of rollouts; null where there is none. */
  prometheusUrl: string | null;
  /** Signs checkpoints of the audit; null where no key was given. */
  auditSigner: AuditSigner | null;
  /** How long audit entries are kept. */
  auditRetentionDays: number;
}
