import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { Database, platformScope } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { problemOf } from './problem-of.ts';

const poolSize = 4;
let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-problems', poolSize });
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

const codeOf = (work: (tx: Transaction) => Promise<unknown>): Promise<string> =>
  db.transaction(platformScope(), work).then(
    () => 'nothing',
    (error: unknown) => problemOf(error).code,
  );

describe('a limit of the database is a thing to try again:', () => {
  it('a statement that takes too long', async () => {
    expect(
      await codeOf(async (tx) => {
        await tx.query(`set local statement_timeout = '50ms'`);
        await tx.query('select pg_sleep(5)');
      }),
    ).toBe('server.unavailable');
  });

  it('a transaction that was frozen too long; its connection is gone, its place in the pool is not', async () => {
    const frozen = () =>
      codeOf(async (tx) => {
        await tx.query(`set local idle_in_transaction_session_timeout = '50ms'`);
        await new Promise((resolve) => setTimeout(resolve, 400));
        await tx.query('select 1');
      });
    const codes = await Promise.all(Array.from({ length: poolSize }, frozen));
    expect(new Set(codes)).toEqual(new Set(['server.unavailable']));
    expect(await db.execute('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('a lock that another does not let go of', async () => {
    await db.transaction(platformScope(), async (tx) => {
      await tx.query('select pg_advisory_xact_lock(1)');
      const other = codeOf(async (second) => {
        await second.query(`set local lock_timeout = '50ms'`);
        await second.query('select pg_advisory_xact_lock(1)');
      });
      expect(await other).toBe('server.unavailable');
    });
  });

  it('two that wait for each other', async () => {
    const holding = (first: number, next: number, meeting: Promise<unknown>, here: () => void) =>
      codeOf(async (tx) => {
        await tx.query('select pg_advisory_xact_lock(?)', [first]);
        here();
        await meeting;
        await tx.query('select pg_advisory_xact_lock(?)', [next]);
      });
    const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const both = Promise.all([one.promise, two.promise]);
    const codes = await Promise.all([holding(1, 2, both, one.resolve), holding(2, 1, both, two.resolve)]);
    expect(codes.toSorted()).toEqual(['nothing', 'server.unavailable']);
  });
});
