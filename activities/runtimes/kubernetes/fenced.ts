import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fence } from '../runtime.ts';
import type { Cluster, Deletion } from './cluster.ts';
import { isStatus } from './faults.ts';
import { annotations, type Place } from './names.ts';
import type { Kind, Kinds, Manifest, Stored } from './objects.ts';

/** One attempt of one operation, at work on one cluster. */
export interface Attempt {
  cluster: Cluster;
  fence: Fence;
  signal: AbortSignal;
}

/**
 * What is known of an object before it is touched: its last state, that there is probably none, or nothing. It only
 * saves a request: where it is wrong the write collides, and the object is read.
 */
export type Known<K extends Kind> = Stored<Kinds[K]> | 'absent' | 'unread';

/** Status updates move the resourceVersion as well, so a few collisions are normal while a pod starts. */
const maximumCollisions = 12;

export function generationOf(object: { metadata?: { annotations?: Record<string, string> } }): number {
  const generation = Number(object.metadata?.annotations?.[annotations.generation]);
  return Number.isSafeInteger(generation) ? generation : 0;
}

export function refuseSuperseded(object: { metadata?: { annotations?: Record<string, string> } }, fence: Fence): void {
  const generation = generationOf(object);
  if (generation <= fence.generation) return;
  throw new Problem('operation.superseded', undefined, {
    extra: { generation, ownGeneration: fence.generation },
  });
}

function stamp(metadata: { annotations?: Record<string, string> }, fence: Fence): void {
  metadata.annotations = {
    ...metadata.annotations,
    [annotations.generation]: String(fence.generation),
    [annotations.operation]: fence.operationId,
  };
}

/**
 * Reads, compares generations, edits, and writes only if nobody wrote in between; otherwise all of it again. Writes
 * nothing when the edit and the stamp change nothing. This is a conditional PUT and not an apply: the object was
 * created by POST (an apply cannot demand that there be none), and an apply could never drop a field again that
 * the POST had set.
 * @returns what is stored now, undefined where there is no such object
 */
export async function changeFenced<K extends Kind>(
  kind: K,
  place: Place,
  attempt: Attempt,
  edit: (object: Stored<Kinds[K]>) => void = () => undefined,
  known: Stored<Kinds[K]> | 'unread' = 'unread',
): Promise<Stored<Kinds[K]> | undefined> {
  const { cluster, fence, signal } = attempt;
  let last = known;
  // Not found: it was deleted between the read and the write.
  return repeatOn([409, 404], signal, async () => {
    const stored = last === 'unread' ? await cluster.get(kind, place.namespace, place.name, signal) : last;
    last = 'unread';
    if (!stored) return undefined;
    refuseSuperseded(stored, fence);
    const wanted = structuredClone(stored);
    edit(wanted);
    stamp(wanted.metadata, fence);
    if (isDeepStrictEqual(wanted, stored)) return stored;
    refuseLeaving(stored, kind);
    fence.assertValid();
    return cluster.replace(kind, place.namespace, wanted, signal);
  });
}

/**
 * As `changeFenced`, and creates what is missing, by POST: of two that create at once one wins, the other one
 * compares generations.
 * @returns what is stored now, and whether this very call has created it
 */
export async function ensureFenced<K extends Kind>(
  kind: K,
  manifest: Manifest<Kinds[K]>,
  place: Place,
  attempt: Attempt,
  edit: (object: Stored<Kinds[K]>) => void,
  known: Known<K> = 'unread',
): Promise<{ object: Stored<Kinds[K]>; created: boolean }> {
  const { cluster, fence, signal } = attempt;
  let last = known;
  return repeatOn([409], signal, async () => {
    const before = last;
    last = 'unread';
    const changed = before === 'absent' ? undefined : await changeFenced(kind, place, attempt, edit, before);
    if (changed) return { object: changed, created: false };
    const wanted = structuredClone(manifest);
    stamp(wanted.metadata, fence);
    fence.assertValid();
    return { object: await cluster.create(kind, place.namespace, wanted, signal), created: true };
  });
}

/** Deletes the very object that was read and compared. Nothing there is fine. */
export async function removeFenced(
  kind: Kind,
  place: Place,
  attempt: Attempt,
  options: Omit<Deletion, 'uid' | 'resourceVersion'> = {},
): Promise<void> {
  const { cluster, fence, signal } = attempt;
  await repeatOn([409], signal, async () => {
    const stored = await cluster.get(kind, place.namespace, place.name, signal);
    if (!stored) return;
    refuseSuperseded(stored, fence);
    if (stored.metadata.deletionTimestamp) return;
    const { uid, resourceVersion } = stored.metadata;
    fence.assertValid();
    await cluster.remove(kind, place.namespace, place.name, { uid, resourceVersion, ...options }, signal);
  });
}

/** Ends when all have ended, also after a fault: no write may be under way when an attempt is over. */
export async function together(writes: Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(writes)) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Once more after a collision, a bounded number of times. */
export async function repeatOn<T>(statuses: number[], signal: AbortSignal, once: () => Promise<T>): Promise<T> {
  for (let collisions = 1; ; collisions += 1) {
    try {
      return await once();
    } catch (error) {
      if (!isStatus(error, ...statuses) || collisions > maximumCollisions) throw error;
    }
    await sleep(Math.random() * 10 * collisions, undefined, { signal });
  }
}

function refuseLeaving(stored: Stored, kind: Kind): void {
  if (!stored.metadata.deletionTimestamp) return;
  throw new Problem('cluster.unavailable', `The former ${kind} ${stored.metadata.name} is still being removed.`);
}
