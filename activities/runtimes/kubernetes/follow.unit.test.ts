import { beforeEach, describe, expect, it } from 'vitest';

import type { Cluster, WatchEvent } from './cluster.ts';
import { StatusError } from './faults.ts';
import { follow } from './follow.ts';
import type { Kinds, Stored } from './objects.ts';

type Pod = Stored<Kinds['Pod']>;
type Watch = (from: string) => AsyncGenerator<WatchEvent<Pod>>;

const buildPod = (name: string, resourceVersion: string): Pod => ({ metadata: { name, uid: name, resourceVersion } });
const gone = '{"reason":"Expired","message":"too old resource version"}';

/** As the watch says it, in the middle of an answer that began well. */
const expiredEvent = { type: 'ERROR', object: { code: 410, reason: 'Expired' } } as unknown as WatchEvent<Pod>;

describe('what follows one kind of object', () => {
  let lists: number[];
  let told: string[];
  beforeEach(() => {
    lists = [];
    told = [];
  });

  /** Lists are at version 10, 20, …; each watch does what the next of `watches` says, the last one for ever. */
  function begin(...watches: Watch[]): AbortController {
    const stop = new AbortController();
    const cluster = {
      list: async () => {
        lists.push(Date.now());
        const resourceVersion = String(lists.length * 10);
        return { items: [buildPod(`listed-${lists.length}`, resourceVersion)], metadata: { resourceVersion } };
      },
      watch: (_kind: string, { resourceVersion }: { resourceVersion: string }) =>
        (watches.length > 1 ? watches.shift() : watches[0])?.(resourceVersion),
    } as unknown as Cluster;
    const following = {
      kind: 'Pod' as const,
      labelSelector: '',
      onList: async (pods: AsyncIterable<Pod>) => {
        for await (const { metadata } of pods) told.push(metadata.name);
      },
      onChange: ({ metadata }: Pod) => void told.push(`changed ${metadata.name}`),
      onRemoval: ({ metadata }: Pod) => void told.push(`removed ${metadata.name}`),
      onLost: () => void told.push('lost'),
    };
    void follow(cluster, following, stop.signal);
    return stop;
  }

  const quiet: Watch = async function* () {
    yield* [];
    await new Promise(() => undefined);
  };
  const refused: Watch = async function* () {
    yield* [];
    throw new StatusError(410, gone);
  };

  it.each([
    { how: 'as its answer', expired: refused },
    {
      how: 'in the middle of a watch',
      expired: async function* (from: string) {
        yield { type: 'MODIFIED', object: buildPod('first', String(Number(from) + 1)) };
        yield expiredEvent;
      } satisfies Watch,
    },
  ])('lists again at once when its version has expired, said $how, and nothing is lost', async ({ expired }) => {
    const watchedFrom: string[] = [];
    const stop = begin(expired, async function* (from) {
      watchedFrom.push(from);
      yield { type: 'DELETED', object: buildPod('first', '21') };
      yield* quiet(from);
    });
    await expect.poll(() => told.at(-1)).toBe('removed first');
    expect(told.filter((entry) => entry !== 'changed first')).toEqual(['listed-1', 'listed-2', 'removed first']);
    expect(watchedFrom).toEqual(['20']);
    stop.abort();
  });

  it.each([
    { does: 'answers every watch with 410', watch: refused },
    {
      does: 'ends every watch at once',
      watch: async function* () {
        yield* [];
      } satisfies Watch,
    },
    {
      does: 'says ERROR in every watch',
      watch: async function* () {
        yield expiredEvent;
      } satisfies Watch,
    },
  ])('does not list in a hot loop from a server that $does', async ({ watch }) => {
    const stop = begin(watch);
    const losses = () => told.filter((entry) => entry === 'lost').length;
    await expect.poll(losses, { timeout: 10_000 }).toBe(2);
    expect(lists.length).toBeLessThanOrEqual(4);
    stop.abort();
  });

  it('is patient again once a watch has worked', async () => {
    const works: Watch = async function* (from) {
      yield { type: 'MODIFIED', object: buildPod('alive', String(Number(from) + 1)) };
      throw new StatusError(410, gone);
    };
    const stop = begin(refused, refused, works, quiet);
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe('listed-4');
    expect(told).toEqual(['listed-1', 'listed-2', 'lost', 'listed-3', 'changed alive', 'listed-4']);
    stop.abort();
  });
});
