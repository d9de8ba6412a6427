import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter } from '../../activities/adapters/adapter.ts';
import type { Runtimes } from '../../activities/clusters/runtimes.ts';
import type { Logger } from '../observability/logger.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { SealingKey } from '../secrets/sealing-key.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { holdLease } from './lease.ts';

export interface ClustersOptions {
  db: Database;
  log: Logger;
  runtimes: Runtimes;
  adapterOf(kind: string): Adapter;
  holder: string;
  sealingKey: SealingKey;
  usageIntervalMs: number;
}

interface Watched {
  version: string;
  watch: ClusterWatch;
  stop(): Promise<void>;
}

const lookEveryMs = 3_000;

/** Keeps one watch for each cluster that can be reached; each has a lease of its own, so that none waits for another. */
export class Clusters {
  readonly #options: ClustersOptions;
  readonly #watched = new Map<string, Watched>();
  /** Told to end, and not yet at their end. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: ClustersOptions) {
    this.#options = options;
  }

  get watched(): number {
    return this.#watched.size;
  }

  /** Observations that wait to be written, over all clusters. */
  get waiting(): number {
    return [...this.#watched.values()].reduce((sum, { watch }) => sum + watch.waiting, 0);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'the list of clusters is read again');
      }
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all([...this.#ending, ...[...this.#watched.values()].map(({ stop }) => stop())]);
  }

  async #look(): Promise<void> {
    const wanted = await this.#reachable();
    for (const [id, { version, stop }] of this.#watched) {
      if (wanted.get(id) === version) continue;
      this.#watched.delete(id);
      // Not waited for: one that hangs would keep all others from being looked after. Its successor has to wait for
      // its lease, which nobody renews any more.
      const ended = stop().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
    for (const [id, version] of wanted) {
      if (!this.#watched.has(id)) this.#watched.set(id, this.#start(id, version));
    }
  }

  /** Those that a driver can be made for, by what a change of which makes another one. */
  async #reachable(): Promise<Map<string, string>> {
    const rows = await this.#options.db.transaction(platformScope(), (tx) =>
      tx.query<{ id: string; version: string }>(
        `select c.id, jsonb_build_array(k.updated_at, c.settings - 'capacity', c.runtime)::text as version
         from clusters c left join cluster_credentials k on k.cluster_id = c.id
         where c.phase <> 'Preparing' and (k.cluster_id is not null or c.runtime <> 'kubernetes')`,
      ),
    );
    return new Map(rows.map(({ id, version }) => [id, version]));
  }

  #start(clusterId: string, version: string): Watched {
    const { db, log, runtimes, adapterOf, holder, sealingKey, usageIntervalMs } = this.#options;
    const ending = new AbortController();
    const own = log.child({ clusterId });
    const watch = new ClusterWatch({ db, log: own, runtimes, adapterOf, clusterId, sealingKey, usageIntervalMs });
    const ended = holdLease(
      { db, log: own, name: `cluster/${clusterId}`, holder, signal: ending.signal, healthy: watch.healthy },
      (lease) => watch.work(lease),
    );
    return {
      version,
      watch,
      async stop() {
        ending.abort();
        await ended;
      },
    };
  }
}
