import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platformScope } from '../../server/persistence/database.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import { openStream, type OpenStream } from '../factories/event-source.ts';
import { signInAs } from '../factories/people.ts';
import { startApi, type TestApi } from '../factories/start-api.ts';
import { buildTenant, type TestTenant } from '../factories/tenants.ts';
import { waitUntilBlocked } from '../factories/wait-until-blocked.ts';

let api: TestApi;
let tenant: TestTenant;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const readers: Reader[] = [];
afterEach(() => {
  for (const reader of readers.splice(0)) reader.stop();
});

interface Reader {
  seen: string[];
  stop(): void;
}

/** Asks again and again for what is above the last sequence that it saw, and for nothing else. */
async function readBySequence(): Promise<Reader> {
  tenant = await buildTenant(api.db);
  const seen: string[] = [];
  let last = 0;
  let stopped = false;
  const read = async (): Promise<void> => {
    while (!stopped) {
      const rows = await api.db.transaction(platformScope(), (tx) =>
        tx.query<{ sequence: string; type: string }>(
          'select sequence, type from events where tenant_id = ? and sequence > ? order by sequence',
          [tenant.id, last],
        ),
      );
      for (const { sequence, type } of rows) {
        seen.push(type);
        last = Number(sequence);
      }
      await delay(1);
    }
  };
  const reading = read();
  reading.catch(() => {});
  const reader = { seen, stop: () => (stopped = true) };
  readers.push(reader);
  return reader;
}

const emit = (tx: Transaction, type: string): void => tx.emit({ type, tenantId: tenant.id });

/** A transaction that has begun, has done work, and goes on when told. */
function openTransaction(work: (tx: Transaction) => Promise<void> | void) {
  const begun = Promise.withResolvers<void>();
  const proceed = Promise.withResolvers<void>();
  const committed = api.db.transaction(platformScope(), async (tx) => {
    await tx.query('update tenants set generation = generation where id = ?', [tenant.id]);
    begun.resolve();
    await proceed.promise;
    await work(tx);
  });
  committed.catch(begun.reject);
  return { begun: begun.promise, goOn: () => proceed.resolve(), committed };
}

describe('a reader that follows events by their sequence', () => {
  it('misses none when a transaction that began earlier commits later', async () => {
    const reader = await readBySequence();
    const earlier = openTransaction((tx) => emit(tx, 'of the one that began earlier'));
    await earlier.begun;

    await api.db.transaction(platformScope(), async (tx) => emit(tx, 'of the one that began later'));
    await expect.poll(() => reader.seen).toEqual(['of the one that began later']);

    earlier.goOn();
    await earlier.committed;
    await expect.poll(() => reader.seen).toEqual(['of the one that began later', 'of the one that began earlier']);
  });

  it('misses none when a sequence is drawn first and committed last', async () => {
    const reader = await readBySequence();
    const drawn = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const first = api.db.transaction(platformScope(), async (tx) => {
      emit(tx, 'first');
      await tx.flush();
      drawn.resolve();
      await commit.promise;
    });
    await drawn.promise;

    let secondIsThere = false;
    const second = api.db
      .transaction(platformScope(), async (tx) => emit(tx, 'second'))
      .then(() => (secondIsThere = true));
    await waitUntilBlocked(api.db);
    expect([secondIsThere, reader.seen]).toEqual([false, []]);

    commit.resolve();
    await Promise.all([first, second]);
    await expect.poll(() => reader.seen).toEqual(['first', 'second']);
  });

  it('goes on past a sequence that was drawn and rolled back', async () => {
    const reader = await readBySequence();
    const failing = api.db.transaction(platformScope(), async (tx) => {
      emit(tx, 'never');
      await tx.flush();
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    await api.db.transaction(platformScope(), async (tx) => emit(tx, 'after it'));
    await expect.poll(() => reader.seen).toEqual(['after it']);
  });

  it('misses none of many writers at once, over the api’s stream too', async () => {
    const reader = await readBySequence();
    const person = await signInAs(api, { role: 'viewer', tenantId: tenant.id });
    const stream: OpenStream = await openStream(`${api.url}/api/v1/events/stream`, { ...person.headers });
    await expect.poll(() => stream.lastEventId()).not.toBe('');

    const names = Array.from({ length: 60 }, (_, index) => `event ${index}`);
    await Promise.all(
      names.map((name, index) =>
        api.db.transaction(platformScope(), async (tx) => {
          await delay((index * 7) % 20);
          emit(tx, name);
          emit(tx, `${name}, again`);
        }),
      ),
    );
    const all = names.flatMap((name) => [name, `${name}, again`]).toSorted();
    await expect.poll(() => reader.seen.toSorted()).toEqual(all);
    await expect.poll(() => stream.received.map(({ data }) => data.type)).toEqual(reader.seen);
    stream.close();
  });
});
