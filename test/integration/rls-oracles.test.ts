import { randomUUID } from 'node:crypto';
import { Client, DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../factories/test-database.ts';
import { buildOwnedRows, buildSurroundings, type OwnedRows } from './owned-rows.ts';
import { tenantTables } from './table-classes.ts';

// Row-level security hides rows, but what guards them (unique indexes, foreign keys, functions of the owner's) sees all
// of them, and its refusals could tell what there is.

let database: TestDatabase;
let owner: Client;
let app: Client;
let theirs: OwnedRows;
let ours: OwnedRows;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Client({ connectionString: database.ownerUrl });
  app = new Client({ connectionString: database.appUrl });
  await Promise.all([owner.connect(), app.connect()]);
  const around = await buildSurroundings(owner);
  theirs = await buildOwnedRows(owner, around);
  ours = await buildOwnedRows(owner, around);
});
afterAll(async () => {
  await Promise.all([owner?.end(), app?.end()]);
  await database?.drop();
});

/** How a statement of ours is refused, with everything that the error says; whatever it did is rolled back. */
async function refusal(sql: string, parameters: unknown[]): Promise<Record<string, unknown>> {
  await app.query('begin');
  try {
    await app.query(`select set_config('occ.tenants', $1, true)`, [ours.tenantId]);
    await app.query(sql, parameters);
    await app.query('set constraints all immediate');
    return {};
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code, message, constraint, detail } = error;
    return { code, message, constraint, detail };
  } finally {
    await app.query('rollback');
  }
}

describe('a unique index on a tenant’s rows', () => {
  /** Made by the product alone and at random, so that nobody can ask for the one that he would like to know of. */
  const neverChosen = new Set(['id', 'entry_id', 'sequence']);

  it('begins with the tenant, or is of what nobody chooses', async () => {
    const { rows } = await owner.query<{ table: string; name: string; columns: string[] }>(
      `select c.relname::text as table, i.relname::text as name,
         array(select coalesce(a.attname::text, '(expression)') from unnest(x.indkey) with ordinality as k (number, n)
           left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number order by n) as columns
       from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
       where x.indisunique and c.relname = any ($1)`,
      [tenantTables],
    );
    expect(rows.length).toBeGreaterThan(40);
    const telling = rows.filter(
      ({ columns }) => columns[0] !== 'tenant_id' && !(columns.length === 1 && neverChosen.has(columns[0] ?? '')),
    );
    // Names of tenants are unique among all: the platform alone gives them (see `changeTenant`).
    expect(telling.map(({ name }) => name)).toEqual(['tenants_by_name']);
  });

  const named: [table: string, more: Record<string, unknown>][] = [
    ['projects', { display_name: 'Project' }],
    ['roles', { permissions: ['instance:read'] }],
  ];
  it.each(named)('takes the name of one of theirs for one of ours: %s', async (table, more) => {
    const { rows } = await owner.query(
      `update ${table} set name = 'theirs-alone' where tenant_id = $1 returning name`,
      [theirs.tenantId],
    );
    expect(rows).toHaveLength(1);
    const row = { tenant_id: ours.tenantId, id: randomUUID(), name: 'theirs-alone', ...more };
    const columns = Object.keys(row);
    const insert = `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`;
    expect(await refusal(insert, Object.values(row))).toEqual({});
  });
});

describe('a foreign key', () => {
  const pointing: [table: string, column: string, kind: keyof OwnedRows['ids']][] = [
    ['secrets', 'project_id', 'project'],
    ['instances', 'project_id', 'project'],
    ['instances', 'template_id', 'config'],
    ['config_templates', 'project_id', 'project'],
    ['operations', 'instance_id', 'instance'],
    ['operations', 'retry_of', 'operation'],
    ['rollout_targets', 'instance_id', 'instance'],
    ['backups', 'instance_id', 'instance'],
    ['drifts', 'instance_id', 'instance'],
  ];
  it.each(pointing)('refuses one of theirs as it refuses what does not exist: %s.%s', async (table, column, kind) => {
    const point = (id: string) =>
      refusal(`update ${table} set ${column} = $1 where tenant_id = $2`, [id, ours.tenantId]);
    const withoutId = (told: Record<string, unknown>, id: string): unknown =>
      JSON.parse(JSON.stringify(told).replaceAll(id, '<id>'));
    const absent = randomUUID();
    const foreign = withoutId(await point(theirs.ids[kind]), theirs.ids[kind]);
    expect(foreign).toEqual(withoutId(await point(absent), absent));
    expect(foreign).toMatchObject({ code: '23503' });
  });
});

describe('a function that sees past the policies', () => {
  const rowsOf = async (sql: string, parameters: unknown[] = []): Promise<unknown[]> => {
    await app.query('begin');
    try {
      await app.query(`select set_config('occ.tenants', $1, true)`, [ours.tenantId]);
      return (await app.query(sql, parameters)).rows;
    } finally {
      await app.query('rollback');
    }
  };

  it('tells of nobody without the secret half of a session, or its id', async () => {
    const { rows } = await owner.query<{ id: string }>(
      `insert into sessions (id, user_id, kind, token_hash, expires_at) values (gen_random_uuid(), $1, 'api', 'hash', 'infinity')
       returning id`,
      [theirs.userId],
    );
    const ask = (hash: unknown, id: unknown) => rowsOf('select * from occ_authenticate($1, $2)', [hash, id]);
    expect(await ask(null, null)).toEqual([]);
    expect(await ask(Buffer.from('other'), randomUUID())).toEqual([]);
    expect(await ask(null, rows[0]?.id)).toHaveLength(1);
    await owner.query('update sessions set revoked_at = now() where id = $1', [rows[0]?.id]);
    expect(await ask(Buffer.from('hash'), rows[0]?.id)).toEqual([]);
  });

  it('looks for its tables in no schema of anybody else’s', async () => {
    const { rows } = await owner.query<{ name: string; config: string[] }>(
      `select proname::text as name, proconfig::text[] as config from pg_proc
       where pronamespace = 'public'::regnamespace and prosecdef`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { name, config } of rows) {
      expect({ name, config }).toEqual({
        name,
        config: expect.arrayContaining([expect.stringMatching(/^search_path=.*, pg_temp$/)]),
      });
    }
    await expect(app.query('create schema mine')).rejects.toMatchObject({ code: '42501' });
    // Else whoever gets a statement of his own into a connection would be whoever he likes from then on.
    await app.query('begin');
    await app.query('create temp table users (id uuid, name text, display_name text, disabled boolean)');
    await app.query(`insert into users values ($1, 'somebody else', '', false)`, [theirs.userId]);
    const { rows: told } = await app.query('select name from occ_holder($1)', [theirs.userId]);
    await app.query('rollback');
    expect(told).toEqual([{ name: theirs.userId }]);
  });

  it('settles nobody on a cluster for a tenant of another context, nor on one that is another tenant’s', async () => {
    const { rows } = await owner.query<{ id: string }>(
      `insert into clusters (id, name, runtime, phase) values (gen_random_uuid(), 'nobodys', 'machine', 'Ready') returning id`,
    );
    const settle = (cluster: unknown, tenant: string, takes: boolean) =>
      rowsOf('select occ_settle_on($1, $2, $3) as settled', [cluster, tenant, takes]);
    const [not, yes] = [[{ settled: false }], [{ settled: true }]];
    expect(await settle(rows[0]?.id, theirs.tenantId, true)).toEqual(not);
    expect(await settle(rows[0]?.id, ours.tenantId, true)).toEqual(yes);
    for (const takes of [true, false]) {
      expect(await settle(theirs.ids.ownCluster, ours.tenantId, takes)).toEqual(not);
      expect(await settle(ours.ids.ownCluster, ours.tenantId, takes)).toEqual(yes);
      expect(await settle(randomUUID(), ours.tenantId, takes)).toEqual(not);
    }
    expect(await settle(rows[0]?.id, ours.tenantId, false), 'a shared one needs no taking').toEqual(yes);
  });

  it('sums over clusters that are shared or one’s own, and tells nothing of the others', async () => {
    await owner.query('update instances set cluster_id = $1 where id = $2', [
      theirs.ids.ownCluster,
      theirs.ids.instance,
    ]);
    await owner.query('update instances set cluster_id = $1 where id = $2', [ours.ids.ownCluster, ours.ids.instance]);
    expect(await rowsOf('select cluster_id, instances::int from occ_cluster_loads()')).toEqual([
      { cluster_id: ours.ids.ownCluster, instances: 1 },
    ]);
    expect(await rowsOf('select id from clusters where tenant_id is not null')).toEqual([{ id: ours.ids.ownCluster }]);
  });

  it('is called by nobody for whom it is not meant', async () => {
    const forget = rowsOf('select occ_forget_audit($1, 9, 9)', [theirs.tenantId]);
    await expect(forget).rejects.toMatchObject({ code: '42501' });
  });
});

describe('an error', () => {
  it('of a condition that meets their rows is not made of them', async () => {
    // A function that fails on a value would tell it, were it asked before the policy.
    const leak = `select id from projects where tenant_id = $1 and (name || 'x')::int = 1`;
    expect(await refusal(leak, [theirs.tenantId])).toEqual({});
    expect(
      await refusal(`select id from projects where 1 / (length(name) - length(name)) = 1 and tenant_id = $1`, [
        theirs.tenantId,
      ]),
    ).toEqual({});
  });

  it('gives away no statistics of a column that the role may not read', async () => {
    const { rows } = await app.query(`select tablename from pg_stats where tablename = any ($1)`, [tenantTables]);
    expect(rows).toEqual([]);
  });
});
