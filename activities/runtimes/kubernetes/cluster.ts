import type { Fence } from '../runtime.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import type { Kind, Kinds, Manifest, Stored } from './objects.ts';

export type Query = Record<string, string | number | boolean | undefined>;

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** Conditions of a deletion: it applies to exactly this object, in exactly this version. */
export interface Deletion {
  uid: string;
  resourceVersion?: string;
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Background' | 'Foreground';
}

/**
 * One API server on two connections (HTTP/2), one of them for writes that are held. The generated client opens a
 * connection for each request, renames fields and sets no deadline; here every call has one, and objects are as they
 * are on the wire.
 * All of it throws `StatusError` for what the server refuses, and undici's errors when nothing answers.
 */
export interface Cluster {
  readonly access: ClusterAccess;
  get<K extends Kind>(
    kind: K,
    namespace: string | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<Stored<Kinds[K]> | undefined>;
  list<K extends Kind>(
    kind: K,
    namespace: string | undefined,
    query: Query,
    signal: AbortSignal,
  ): Promise<ObjectList<Kinds[K]>>;
  create<K extends Kind>(
    kind: K,
    namespace: string | undefined,
    body: Manifest<Kinds[K]>,
    signal: AbortSignal,
  ): Promise<Stored<Kinds[K]>>;
  /** Conditional: the body carries the uid and resourceVersion that were read. */
  replace<K extends Kind>(
    kind: K,
    namespace: string | undefined,
    body: Stored<Kinds[K]>,
    signal: AbortSignal,
  ): Promise<Stored<Kinds[K]>>;
  /** @returns false where there was nothing (any more) */
  remove(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    deletion: Deletion,
    signal: AbortSignal,
  ): Promise<boolean>;
  /** Plain text, such as a log or the version. */
  text(path: string, query: Query, signal: AbortSignal): Promise<string>;
  /** The same line by line, for as long as there are any; it ends also when none has come for a minute. */
  lines(path: string, query: Query, signal: AbortSignal): AsyncGenerator<string>;
  watch<K extends Kind>(
    kind: K,
    query: Query,
    idleTimeoutMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<Stored<Kinds[K]>>>;
  /** The same connection for whoever holds that right to write: each write asks for it last thing before it is sent. */
  heldBy(fence: Pick<Fence, 'assertValid'>): Cluster;
  close(): Promise<void>;
}

export interface ObjectList<T> {
  items: Stored<T>[];
  metadata: { resourceVersion: string; continue?: string };
}
