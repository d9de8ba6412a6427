import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { buildTenant } from '../../test/factories/tenants.ts';
import { Database, platformScope } from '../persistence/database.ts';
import { eventFeed, type EventFeed } from './event-feed.ts';

let database: TestDatabase;
let db: Database;
let feed: EventFeed;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-feed', poolSize: 2 });
  feed = eventFeed({ databaseUrl: database.appUrl, logger: pino({ level: 'silent' }) });
});
const waits: AbortController[] = [];
afterEach(() => {
  for (const wait of waits.splice(0)) wait.abort();
});
afterAll(async () => {
  await feed?.close();
  await db?.close();
  await database?.drop();
});

const emit = (tenantId: string | null) =>
  db.transaction(platformScope(), async (tx) => tx.emit({ type: 'something', tenantId }));

/** Whether a wait for these tenants is over. */
function waitFor(tenants: 'everything' | string[], position: number) {
  const wait = new AbortController();
  waits.push(wait);
  const state = { newest: null as number | null };
  void feed.above(position, { tenants, timeoutMs: 20_000, signal: wait.signal }).then((newest) => {
    state.newest = newest;
  });
  return state;
}

describe('the feed of events', () => {
  it('wakes who follows the tenant, and nobody else', async () => {
    const [ours, theirs] = [(await buildTenant(db)).id, (await buildTenant(db)).id];
    const position = await feed.latest();
    const [ofOurs, ofTheirs, ofBoth, ofAll] = [[ours], [theirs], [theirs, ours], 'everything' as const].map((tenants) =>
      waitFor(tenants, position),
    );
    await emit(ours);
    await expect.poll(() => ofOurs?.newest).toBe(await feed.latest());
    expect([ofBoth?.newest, ofAll?.newest]).toEqual([ofOurs?.newest, ofOurs?.newest]);
    await delay(50);
    expect(ofTheirs?.newest).toBeNull();

    const ofPlatform = waitFor('everything', await feed.latest());
    await emit(null);
    await expect.poll(() => ofPlatform.newest).toBe(await feed.latest());
    expect(ofTheirs?.newest).toBeNull();
    await emit(theirs);
    await expect.poll(() => ofTheirs?.newest).toBe(await feed.latest());
  });

  it('does not keep waiting who comes back to events of before this process', async () => {
    const { id } = await buildTenant(db);
    await emit(id);
    const second = eventFeed({ databaseUrl: database.appUrl, logger: pino({ level: 'silent' }) });
    const newest = await second.latest();
    const { signal } = new AbortController();
    expect(await second.above(newest - 1, { tenants: [id], timeoutMs: 5_000, signal })).toBe(newest);
    await second.close();
  });
});
