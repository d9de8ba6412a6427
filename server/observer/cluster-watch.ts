import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter } from '../../activities/adapters/adapter.ts';
import type { Runtimes } from '../../activities/clusters/runtimes.ts';
import type { ObservedInstance, Runtime } from '../../activities/runtimes/runtime.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { recordObservation } from '../instances/commands/record-observation.ts';
import type { Logger } from '../observability/logger.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { SealingKey } from '../secrets/sealing-key.ts';
import { recordClusterHealth, refreshPhasesOn, type ClusterHealth } from './commands/record-cluster-health.ts';
import { goneInstances } from './gone-instances.ts';
import { LeaseLost, type Lease } from './lease.ts';
import { removeLeftovers } from './leftovers.ts';
import { holdMisconfigured } from './misconfigured.ts';
import { Observations } from './observations.ts';
import { removeAbandonedOneShots, removeSpacesOfDeleted } from './sweep.ts';
import { UsageCollector } from './usage-collector.ts';

export interface ClusterWatchOptions {
  db: Database;
  log: Logger;
  /** Without the short cut for clusters known to be down: asking them is this very job. */
  runtimes: Runtimes;
  adapterOf(kind: string): Adapter;
  clusterId: string;
  sealingKey: SealingKey;
  usageIntervalMs: number;
}

const pingEveryMs = 2_500;
const pingTimeoutMs = 3_000;
/** One lost answer is no outage. */
const failuresUntilUnreachable = 2;
/** How often the table is asked what nobody else will mend. */
const attendEveryMs = 2_000;
/** How often the cluster is asked for what belongs to no instance. */
const sweepEveryMs = 10_000;
/** A write that takes longer has got stuck. */
const stuckAfterMs = 60_000;

/** Watches one cluster: what it shows of instances, whether it answers, and what nobody else mends. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #observations: Observations;
  /** Of the newest snapshot and since. */
  #seen = new Set<string>();

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    this.#observations = new Observations(options.log);
  }

  healthy = (): boolean => this.#observations.stuckForMs < stuckAfterMs;

  get waiting(): number {
    return this.#observations.waiting;
  }

  /** Works until the lease ends. */
  async work(lease: Lease): Promise<void> {
    const { db, log, runtimes, adapterOf, clusterId, sealingKey, usageIntervalMs: intervalMs } = this.#options;
    const runtime = await runtimes.for(clusterId);
    const ending = new AbortController();
    const signal = AbortSignal.any([lease.signal, ending.signal]);
    const parts = [
      this.#observations.drain((observed) => this.#write(observed, lease), signal),
      runtime.watch(
        {
          onSnapshot: (instances) => this.#onSnapshot(instances),
          onChange: (instance) => this.#onChange(instance),
          onLost: (error) => log.info({ clusterId, err: error }, 'the watch of a cluster is lost for now'),
        },
        signal,
      ),
      this.#ping(runtime, lease, signal),
      this.#attend(runtime, lease, signal),
      this.#sweep(runtime, lease, signal),
      new UsageCollector({ db, log, runtime, lease, adapterOf, clusterId, sealingKey, intervalMs }).work(signal),
    ];
    try {
      await Promise.all(parts);
    } finally {
      ending.abort();
      await Promise.allSettled(parts);
    }
  }

  #onSnapshot(instances: ObservedInstance[]): void {
    const { db, log, clusterId } = this.#options;
    // What changes from now on counts as seen: it may be written before the answer below is there.
    const seen = new Set(instances.map(({ instanceId }) => instanceId));
    this.#seen = seen;
    for (const instance of instances) this.#observations.add(instance);
    goneInstances(db, clusterId, seen).then(
      (gone) => {
        for (const instance of gone) this.#observations.add(instance);
      },
      (error: unknown) => log.warn({ clusterId, err: error }, 'what is gone is marked with the next snapshot'),
    );
  }

  #onChange(instance: ObservedInstance): void {
    this.#seen.add(instance.instanceId);
    this.#observations.add(instance);
  }

  async #write(observed: ObservedInstance, lease: Lease): Promise<void> {
    const { db, clusterId } = this.#options;
    await db.transaction(platformScope(), async (tx) => {
      await lease.assertHeld(tx);
      await recordObservation(tx, { clusterId, epoch: lease.epoch, observed });
    });
  }

  async #attend(runtime: Runtime, lease: Lease, signal: AbortSignal): Promise<void> {
    const { db, log, adapterOf, clusterId } = this.#options;
    const watching = { db, log, runtime, lease, adapterOf };
    while (!signal.aborted) {
      try {
        await holdMisconfigured(watching, clusterId);
        await removeLeftovers(watching, clusterId);
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        log.warn({ clusterId, err: error }, 'what needs attention is looked at again');
      }
      await sleep(attendEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #sweep(runtime: Runtime, lease: Lease, signal: AbortSignal): Promise<void> {
    const { db, log, adapterOf, clusterId } = this.#options;
    const watching = { db, log, runtime, lease, adapterOf };
    while (!signal.aborted) {
      try {
        await removeAbandonedOneShots(watching);
        await removeSpacesOfDeleted(watching, clusterId);
      } catch (error) {
        lease.assertValid();
        log.info({ clusterId, err: error }, 'what was left behind on a cluster is looked for again');
      }
      await sleep(sweepEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ping(runtime: Runtime, lease: Lease, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    let failures = 0;
    let recorded = false;
    while (!signal.aborted) {
      const health = await ask(runtime, signal);
      failures = health.answers ? 0 : failures + 1;
      if (!signal.aborted && (health.answers || failures >= failuresUntilUnreachable)) {
        try {
          // Once in any case: whoever had the lease before may have died between the phase and what follows from it.
          await this.#recordHealth(health, lease, !recorded);
          recorded = true;
        } catch (error) {
          if (error instanceof LeaseLost) throw error;
          recorded = false;
          log.warn({ err: error }, 'the health of a cluster waits to be written');
        }
      }
      await sleep(pingEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #recordHealth(health: ClusterHealth, lease: Lease, refresh: boolean): Promise<void> {
    const { db, clusterId } = this.#options;
    const isNew = await db.transaction(platformScope(), async (tx) => {
      await lease.assertHeld(tx);
      return recordClusterHealth(tx, clusterId, health);
    });
    if (isNew || refresh) await refreshPhasesOn(db, clusterId, lease);
  }
}

async function ask(runtime: Runtime, signal: AbortSignal): Promise<ClusterHealth> {
  try {
    const { version } = await runtime.ping(AbortSignal.any([signal, AbortSignal.timeout(pingTimeoutMs)]));
    return { answers: true, version };
  } catch (error) {
    const detail = error instanceof Problem ? (error.detail ?? error.title) : String(error);
    return { answers: false, message: detail.slice(0, 500) };
  }
}
