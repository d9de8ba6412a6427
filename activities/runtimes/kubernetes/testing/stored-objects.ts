import { randomUUID } from 'node:crypto';

import type { Cluster, ObjectList } from '../cluster.ts';
import { StatusError } from '../faults.ts';
import type { Kind, Stored } from '../objects.ts';

/** One write that has reached the store, such as `create Pod`. */
type Write = `${'create' | 'replace' | 'remove'} ${Kind}`;

/** Called before a write takes effect: as if it were still on its way. */
type OnTheWay = (write: Write) => Promise<void> | void;

/**
 * What an API server keeps, and on what conditions it takes a write: enough for the order of reads and writes, which
 * is what tests without a cluster are about. It has no controllers; a test sets what they would.
 */
export class StoredObjects {
  readonly writes: Write[] = [];
  readonly #objects = new Map<string, Stored>();
  #version = 0;
  onTheWay: OnTheWay = () => undefined;
  /** What a pod's log holds. */
  log = '';

  get(kind: Kind, name: string): (Stored & { status?: unknown; spec?: unknown }) | undefined {
    return [...this.#objects].find(([key]) => key.startsWith(`${kind}/`) && key.endsWith(`/${name}`))?.[1];
  }

  /** As a controller or a person would, without a write of ours. */
  put(kind: Kind, namespace: string | undefined, object: { metadata: { name: string } }): Stored {
    this.#version += 1;
    const { name } = object.metadata;
    const before = this.#objects.get(keyOf(kind, namespace, name));
    const stored: Stored = {
      ...object,
      metadata: {
        creationTimestamp: new Date().toISOString(),
        uid: before?.metadata.uid ?? randomUUID(),
        ...object.metadata,
        resourceVersion: String(this.#version),
      },
    };
    this.#objects.set(keyOf(kind, namespace, name), stored);
    return stored;
  }

  delete(kind: Kind, namespace: string | undefined, name: string): void {
    this.#objects.delete(keyOf(kind, namespace, name));
  }

  /** The same through the driver's eyes. */
  readonly cluster: Cluster = {
    access: { server: 'https://in-memory' } as Cluster['access'],
    get: async (kind, namespace, name) => structuredClone(this.#objects.get(keyOf(kind, namespace, name))) as never,
    list: async (kind, namespace, { labelSelector }) => {
      const prefix = namespace === undefined ? `${kind}/` : `${kind}/${namespace}/`;
      const items = [...this.#objects]
        .filter(([key, object]) => key.startsWith(prefix) && isSelected(object, String(labelSelector ?? '')))
        .map(([, object]) => structuredClone(object));
      return { items, metadata: { resourceVersion: String(this.#version) } } as ObjectList<never>;
    },
    create: async (kind, namespace, body) => {
      await this.onTheWay(`create ${kind}`);
      if (this.#objects.has(keyOf(kind, namespace, body.metadata.name))) throw conflict();
      this.writes.push(`create ${kind}`);
      return structuredClone(this.put(kind, namespace, body)) as never;
    },
    replace: async (kind, namespace, body) => {
      await this.onTheWay(`replace ${kind}`);
      const stored = this.#objects.get(keyOf(kind, namespace, body.metadata.name));
      if (!stored) throw new StatusError(404, '');
      if (stored.metadata.resourceVersion !== body.metadata.resourceVersion) throw conflict();
      this.writes.push(`replace ${kind}`);
      return structuredClone(this.put(kind, namespace, body)) as never;
    },
    remove: async (kind, namespace, name, { uid }) => {
      await this.onTheWay(`remove ${kind}`);
      const stored = this.#objects.get(keyOf(kind, namespace, name));
      if (!stored) return false;
      if (stored.metadata.uid !== uid) throw conflict();
      this.writes.push(`remove ${kind}`);
      this.delete(kind, namespace, name);
      return true;
    },
    text: async () => this.log,
    lines: () => {
      throw new Error('nothing here is followed');
    },
    watch: () => {
      throw new Error('nothing here is watched');
    },
    heldBy: (fence) => ({
      ...this.cluster,
      create: async (...call) => (fence.assertValid(), this.cluster.create(...call)),
      replace: async (...call) => (fence.assertValid(), this.cluster.replace(...call)),
      remove: async (...call) => (fence.assertValid(), this.cluster.remove(...call)),
    }),
    close: async () => undefined,
  };
}

const keyOf = (kind: Kind, namespace: string | undefined, name: string): string => `${kind}/${namespace ?? ''}/${name}`;

const conflict = (): StatusError => new StatusError(409, '{"reason":"Conflict","message":"another version"}');

const isSelected = ({ metadata }: Stored, selector: string): boolean =>
  selector
    .split(',')
    .filter(Boolean)
    .every((term) => {
      const [name = '', value] = term.replace(/^!/, '').split('=');
      const found = metadata.labels?.[name];
      if (term.startsWith('!')) return found === undefined;
      return value === undefined ? found !== undefined : found === value;
    });
