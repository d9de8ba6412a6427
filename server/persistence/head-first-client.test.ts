import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { HeadFirstClient } from './head-first-client.ts';

const context = `select set_config('occ.tenants', 'ours', true)`;
const contextNow = `select current_setting('occ.tenants', true) as tenants`;

let database: TestDatabase;
let client: Client;
/** What went over the wire, a message each. */
let messages: string[];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  client = new HeadFirstClient({ connectionString: database.appUrl });
  await client.connect();
  messages = [];
  const { connection } = client as unknown as { connection: { query(text: string): void } };
  const send = connection.query.bind(connection);
  connection.query = (text) => {
    messages.push(text);
    send(text);
  };
  return () => client.end();
});

const tenants = async (text = contextNow, values?: unknown[]): Promise<unknown> =>
  (await client.query<{ tenants: string }>(text, values)).rows[0]?.tenants;

describe('the head of a transaction', () => {
  it('goes out with the first statement, in one message, and is answered with that statement’s rows', async () => {
    await client.query('begin');
    await client.query(context);
    expect(messages).toEqual([]);
    expect(await tenants()).toBe('ours');
    expect(messages).toHaveLength(1);
    await client.query('commit');
    expect(messages).toHaveLength(2);
    expect(await tenants()).toBe('');
  });

  it('goes out before a statement with parameters', async () => {
    await client.query('begin');
    await client.query(context);
    expect(await tenants(`select current_setting('occ.tenants', true) as tenants where $1`, [true])).toBe('ours');
    await client.query('rollback');
  });

  it('is dropped with a transaction that never had a statement', async () => {
    for (const end of ['commit', 'rollback']) {
      await client.query('begin');
      await client.query(context);
      await client.query(end);
    }
    expect(messages).toEqual([]);
    expect(await tenants()).not.toBe('ours');
  });

  it('that fails keeps its statement from running, and leaves nothing open after a rollback', async () => {
    await client.query('begin');
    await client.query(`select set_config('role', 'nobody', true)`);
    await expect(client.query('create temporary table made as select 1')).rejects.toThrow(/nobody/);
    await expect(client.query('select 1')).rejects.toThrow(/current transaction is aborted/);
    await client.query('rollback');
    expect((await client.query(`select to_regclass('made') as made`)).rows).toEqual([{ made: null }]);
  });

  it('of a transaction that was never ended does not reach into the next', async () => {
    await client.query('begin');
    await client.query(context);
    await client.query('begin');
    await client.query(`select set_config('occ.tenants', 'others', true)`);
    expect(await tenants()).toBe('others');
    await client.query('rollback');
  });

  it('is sent as it is where a statement fails', async () => {
    await client.query('begin');
    await client.query(context);
    await expect(client.query('select 1 / 0')).rejects.toThrow(/division by zero/);
    await client.query('rollback');
    expect(await tenants()).toBe('');
  });
});
