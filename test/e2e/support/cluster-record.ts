import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../../activities/runtimes/kubernetes/cluster.ts';
import { labels, platformName } from '../../../activities/runtimes/kubernetes/names.ts';
import { generationOf } from '../../../activities/runtimes/kubernetes/fenced.ts';
import type { Kind, Stored } from '../../../activities/runtimes/kubernetes/objects.ts';

const kinds = [
  'Namespace',
  'ResourceQuota',
  'LimitRange',
  'StatefulSet',
  'Pod',
  'ConfigMap',
  'Secret',
  'Service',
  'NetworkPolicy',
  'PersistentVolumeClaim',
] as const;

/** One change of one object, as the API server tells it. */
export interface Sighting {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: Kind;
  object: Stored & { spec?: { replicas?: number } };
}

/** A process, from the moment that its pod was there to the one that it was gone. */
export interface ProcessLife {
  uid: string;
  restarts: number;
  gone: boolean;
}

/** Whose space it is in. */
const tenantOf = ({ object }: Sighting): string | undefined => object.metadata.labels?.[labels.tenant];

export const instanceOf = ({ object }: Sighting): string | undefined => object.metadata.labels?.[labels.instance];

/** All that happens to the platform's objects on a cluster, from now on, in the order in which it happens to a kind. */
export class ClusterRecord {
  readonly sightings: Sighting[] = [];
  readonly #cluster: Cluster;
  readonly #ending = new AbortController();
  readonly #listeners = new Set<(sighting: Sighting) => void>();
  readonly #watching: Promise<unknown>;

  private constructor(cluster: Cluster, begun: (kind: Kind) => void) {
    this.#cluster = cluster;
    this.#watching = Promise.all(kinds.map((kind) => this.#follow(kind, () => begun(kind))));
  }

  static async begin(cluster: Cluster): Promise<ClusterRecord> {
    const waiting = new Set<Kind>(kinds);
    const all = Promise.withResolvers<void>();
    const record = new ClusterRecord(cluster, (kind) => {
      waiting.delete(kind);
      if (waiting.size === 0) all.resolve();
    });
    await all.promise;
    return record;
  }

  /** The next sighting of that sort; what was seen before this call does not count. */
  async next(matches: (sighting: Sighting) => boolean, timeoutMs = 120_000): Promise<Sighting> {
    const { promise, resolve, reject } = Promise.withResolvers<Sighting>();
    const listener = (sighting: Sighting): void => {
      if (matches(sighting)) resolve(sighting);
    };
    const impatience = setTimeout(() => reject(new Error('What was waited for was never seen.')), timeoutMs);
    this.#listeners.add(listener);
    try {
      return await promise;
    } finally {
      clearTimeout(impatience);
      this.#listeners.delete(listener);
    }
  }

  /** The processes that an instance has had, the oldest first. Two are never there at once: they have the same name. */
  processesOf(instanceId: string): ProcessLife[] {
    const lives = new Map<string, ProcessLife>();
    for (const sighting of this.sightings) {
      if (sighting.kind !== 'Pod' || instanceOf(sighting) !== instanceId) continue;
      const { metadata, status } = sighting.object as Stored & {
        status?: { containerStatuses?: { restartCount: number }[] };
      };
      const restarts = Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
      lives.set(metadata.uid, { uid: metadata.uid, restarts, gone: sighting.type === 'DELETED' });
    }
    return [...lives.values()];
  }

  /** Writes to an object of the instance by an older operation than one that had written to it before. */
  lateWrites(instanceId: string): string[] {
    const newest = new Map<string, number>();
    return this.sightings
      .filter((sighting) => sighting.kind !== 'Pod' && instanceOf(sighting) === instanceId)
      .flatMap(({ kind, object }) => {
        const generation = generationOf(object);
        const before = newest.get(object.metadata.uid) ?? 0;
        newest.set(object.metadata.uid, Math.max(generation, before));
        return generation < before ? [`${kind} by generation ${generation} after ${before}`] : [];
      });
  }

  /** What was created in a tenant's space from one sighting on, but for what came with an instance. */
  createdIn(tenantId: string, since: number, left: { except: string }): string[] {
    return this.sightings
      .slice(since)
      .filter((sighting) => sighting.type === 'ADDED' && tenantOf(sighting) === tenantId)
      .filter((sighting) => instanceOf(sighting) !== left.except)
      .map(({ kind, object }) => `${kind} ${object.metadata.name}`);
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
  }

  #see(sighting: Sighting): void {
    this.sightings.push(sighting);
    for (const listener of this.#listeners) listener(sighting);
  }

  async #follow(kind: Kind, begun: () => void): Promise<void> {
    const { signal } = this.#ending;
    const query = { labelSelector: `${labels.managedBy}=${platformName}` };
    const known = new Map<string, Stored>();
    for (let first = true; !signal.aborted; first = false) {
      try {
        const { items, metadata } = await this.#cluster.list(kind, undefined, query, signal);
        for (const object of items) this.#compare(kind, known, object, first);
        const present = new Set(items.map((object) => object.metadata.uid));
        for (const [uid, object] of known) {
          if (!present.has(uid)) this.#take(known, { type: 'DELETED', kind, object });
        }
        begun();
        const from = { ...query, resourceVersion: metadata.resourceVersion, timeoutSeconds: 600 };
        for await (const { type, object } of this.#cluster.watch(kind, from, 660_000, signal)) {
          if (type === 'ERROR') break;
          if (type !== 'BOOKMARK') this.#take(known, { type, kind, object });
        }
      } catch {
        // The cluster is down, which is what some tests do to it: what changed meanwhile is seen by the next list.
        await sleep(100, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #compare(kind: Kind, known: Map<string, Stored>, object: Stored, first: boolean): void {
    const before = known.get(object.metadata.uid);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    if (first) known.set(object.metadata.uid, object);
    else this.#take(known, { type: before ? 'MODIFIED' : 'ADDED', kind, object });
  }

  #take(known: Map<string, Stored>, sighting: Sighting): void {
    const { uid } = sighting.object.metadata;
    if (sighting.type === 'DELETED') known.delete(uid);
    else known.set(uid, sighting.object);
    this.#see(sighting);
  }
}
