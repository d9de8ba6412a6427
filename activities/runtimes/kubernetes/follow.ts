import { setTimeout as sleep } from 'node:timers/promises';

import type { Cluster } from './cluster.ts';
import { StatusError, isStatus } from './faults.ts';
import type { Kind, Kinds, Stored } from './objects.ts';

const pageSize = 500;
/** Bookmarks come every 61 s; a watch that is silent for longer has lost its server. */
const idleTimeoutMs = 75_000;
/** Watches have been seen to stall without a sign: what was missed is found again by then. */
const relistMs = 10 * 60_000;
const firstDelayMs = 250;
const maximumDelayMs = 30_000;
/** A watch that lasts so long has worked, also where nothing happened. */
const worksFromMs = 5_000;

export interface Following<K extends Kind> {
  kind: K;
  labelSelector: string;
  /** All objects there are. */
  onList(objects: AsyncIterable<Stored<Kinds[K]>>): Promise<void>;
  onChange(object: Stored<Kinds[K]>): void;
  onRemoval(object: Stored<Kinds[K]>): void;
  /** What is known is stale from here to the next list. */
  onLost(error: unknown): void;
}

/**
 * List, then watch from there, until `signal` ends it. After a fault it lists again, later each time until a watch has
 * worked: a list alone proves nothing, and is what costs the server most. Never throws.
 */
export async function follow<K extends Kind>(
  cluster: Cluster,
  following: Following<K>,
  signal: AbortSignal,
): Promise<void> {
  let delayMs = 0;
  const works = (): void => void (delayMs = 0);
  while (!signal.aborted) {
    try {
      let resourceVersion = await list(cluster, following, signal);
      const listedAt = Date.now();
      while (Date.now() - listedAt < relistMs) {
        const before = resourceVersion;
        const openedAt = Date.now();
        resourceVersion = await watchOnce(cluster, following, resourceVersion, works, signal);
        if (Date.now() - openedAt >= worksFromMs) works();
        else if (resourceVersion === before) throw new Error('The server ends every watch at once.');
      }
    } catch (error) {
      if (signal.aborted) return;
      // The version is too old, or the server started anew: a list helps at once, and nothing was lost.
      if (isStatus(error, 410) && delayMs === 0) {
        delayMs = firstDelayMs;
        continue;
      }
      following.onLost(error);
      delayMs = Math.min(maximumDelayMs, (delayMs || firstDelayMs) * 2);
      await sleep(delayMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }
}

async function list<K extends Kind>(cluster: Cluster, following: Following<K>, signal: AbortSignal): Promise<string> {
  let resourceVersion = '';
  const pages = async function* (): AsyncGenerator<Stored<Kinds[K]>> {
    let next: string | undefined;
    do {
      const query = { labelSelector: following.labelSelector, limit: pageSize, continue: next };
      const page = await cluster.list(following.kind, undefined, query, signal);
      resourceVersion = page.metadata.resourceVersion;
      next = page.metadata.continue || undefined;
      yield* page.items;
    } while (next);
  };
  await following.onList(pages());
  return resourceVersion;
}

/** @returns the version to go on from, once the server has ended the watch in good order */
async function watchOnce<K extends Kind>(
  cluster: Cluster,
  following: Following<K>,
  from: string,
  works: () => void,
  signal: AbortSignal,
): Promise<string> {
  let resourceVersion = from;
  // Spread, so that not all watches of a platform end in the same second.
  const timeoutSeconds = Math.round(300 + 300 * Math.random());
  const query = { labelSelector: following.labelSelector, resourceVersion, timeoutSeconds };
  for await (const { type, object } of cluster.watch(following.kind, query, idleTimeoutMs, signal)) {
    if (type === 'ERROR') {
      const status = object as unknown as { code?: number };
      throw new StatusError(status.code ?? 500, JSON.stringify(object));
    }
    resourceVersion = object.metadata.resourceVersion;
    works();
    if (type === 'DELETED') following.onRemoval(object);
    else if (type !== 'BOOKMARK') following.onChange(object);
  }
  return resourceVersion;
}
