import { Problem } from '../../workflows/contracts/problem.ts';
import type { ObjectStore } from './object-store.ts';

/** Whether a key, or the beginning of keys, is on this side of the wall. */
type IsWithin = (key: string) => boolean;

/** What our own keys are made of: nothing that a server, or a proxy before it, could read as another key. */
const plainKey = /^[a-z0-9][a-zA-Z0-9_.-]*(?:\/[a-zA-Z0-9_-][a-zA-Z0-9_.-]*)*\/?$/;

/** Passes on what concerns keys on this side; refuses the rest before anything is sent. */
export function walled(store: ObjectStore, isWithin: IsWithin): ObjectStore {
  const guarded = <T>(key: string, call: () => Promise<T>): Promise<T> =>
    plainKey.test(key) && isWithin(key)
      ? call()
      : Promise.reject(new Problem('storage.refused', 'This key is not of whom the storage was asked for.'));
  return {
    bucket: store.bucket,
    check: (signal) => store.check(signal),
    put: (key, content, signal) => guarded(key, () => store.put(key, content, signal)),
    get: (key, signal) => guarded(key, () => store.get(key, signal)),
    stat: (key, signal) => guarded(key, () => store.stat(key, signal)),
    remove: (key, signal) => guarded(key, () => store.remove(key, signal)),
    list: (prefix, signal) => guarded(prefix, () => store.list(prefix, signal)),
  };
}
