import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { Database, platformScope } from '../persistence/database.ts';
import { holdLease, LeaseLost, type HoldOptions, type Lease } from './lease.ts';

describe('a lease', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let db: Database;
  let ending = new AbortController();
  const holding: Promise<void>[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    db = await Database.open({ url: database.appUrl, applicationName: 'lease-test' });
  });
  afterEach(async () => {
    ending.abort();
    await Promise.all(holding.splice(0));
    ending = new AbortController();
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  });

  /** Asks for the lease from now on; fulfilled with each lease that is got, which is then held until it ends. */
  const ask = (name: string, holder: string, more: Partial<HoldOptions> = {}) => {
    const got: Lease[] = [];
    const options = { db, log: pino({ level: 'silent' }), name, holder, signal: ending.signal, ...more };
    const hold = (lease: Lease): Promise<void> => {
      got.push(lease);
      return new Promise((resolve) => lease.signal.addEventListener('abort', () => resolve()));
    };
    holding.push(holdLease(options, hold));
    return async (count = 1): Promise<Lease> => {
      await expect.poll(() => got.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
      return got[count - 1] as Lease;
    };
  };
  const assertHeld = (lease: Lease) => db.transaction(platformScope(), (tx) => lease.assertHeld(tx));

  it('has one holder at a time, and a higher epoch with the next one', async () => {
    const own = new AbortController();
    const first = await ask('one', 'a', { signal: own.signal })();
    const waiting = ask('one', 'b');
    await assertHeld(first);
    own.abort();
    const second = await waiting();
    expect(second.epoch).toBe(first.epoch + 1);
    await assertHeld(second);
    expect(() => first.assertValid()).toThrow(LeaseLost);
    await expect(assertHeld(first)).rejects.toThrow(LeaseLost);
  });

  it('outlives its life by being renewed', async () => {
    const lease = await ask('renewed', 'a')();
    ask('renewed', 'b');
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    await expect(assertHeld(lease)).resolves.toBeUndefined();
  });

  it('is lost to somebody else when its work has got stuck', async () => {
    let healthy = true;
    const first = await ask('stuck', 'a', { healthy: () => healthy })();
    const waiting = ask('stuck', 'b');
    healthy = false;
    const second = await waiting();
    expect(first.signal.aborted).toBe(true);
    expect(second.epoch).toBeGreaterThan(first.epoch);
  });

  it('is noticed as lost by a holder that slept while another took it over', async () => {
    const lease = await ask('slept', 'a')();
    await db.transaction(platformScope(), (tx) =>
      tx.query(
        `update leases set holder = 'b', epoch = epoch + 1, expires_at = now() + interval '1 hour' where name = 'slept'`,
      ),
    );
    await expect(assertHeld(lease)).rejects.toThrow(LeaseLost);
    expect(lease.signal.aborted).toBe(true);
  });
});
