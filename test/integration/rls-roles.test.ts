import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, platformScope, tenantScope } from '../../server/persistence/database.ts';
import { createTestDatabase, type TestDatabase } from '../factories/test-database.ts';
import { buildOwnedRows, buildSurroundings, type OwnedRows } from './owned-rows.ts';
import { everyTable, tenantTables } from './table-classes.ts';

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

const column = async (sql: string): Promise<string[]> =>
  (await owner.query<string[]>({ text: sql, rowMode: 'array' })).rows.map(([value = '']) => value);

describe('the tables', () => {
  it('are all listed as tenant, platform or auth', async () => {
    const tables = await column(`select table_name::text from information_schema.tables where table_schema = 'public'`);
    expect(tables.toSorted()).toEqual(everyTable.map(({ table }) => table).toSorted());
  });

  it('with a tenant are those listed as such, but for roles, invitations to them, and the clusters of one alone', async () => {
    const withTenant = await column(
      `select table_name::text from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'`,
    );
    expect(withTenant.toSorted()).toEqual(
      [
        ...tenantTables.filter((table) => table !== 'tenants'),
        'role_assignments',
        'invitations',
        'clusters',
      ].toSorted(),
    );
  });

  it('of tenants have row-level security, with one policy for the app and one for the platform', async () => {
    const { rows } = await owner.query<{ table: string; policies: string[] }>(
      `select c.relname::text as table, array_agg(p.polname || ' to ' || r.rolname order by p.polname) as policies
       from pg_class c left join pg_policy p on p.polrelid = c.oid left join pg_roles r on p.polroles = array[r.oid]
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relrowsecurity group by 1`,
    );
    expect(rows.map(({ table }) => table).toSorted()).toEqual(
      [...tenantTables, 'idempotency_keys', 'clusters'].toSorted(),
    );
    const named: Record<string, string> = { idempotency_keys: 'own_keys', clusters: 'shared_or_own' };
    for (const { table, policies } of rows) {
      const own = named[table] ?? 'tenant_isolation';
      expect(policies.toSorted()).toEqual([`${own} to occ_app`, 'platform_access to occ_platform'].toSorted());
    }
  });

  it('have no view, and no functions but five that check by themselves, that would look past the policies', async () => {
    expect(
      await column(
        `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')`,
      ),
    ).toEqual([]);
    expect(
      await column(
        `select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by 1`,
      ),
    ).toEqual(['occ_authenticate', 'occ_cluster_loads', 'occ_forget_audit', 'occ_holder', 'occ_settle_on']);
    expect(
      await column(`select has_function_privilege('occ_app', 'occ_forget_audit(uuid, bigint, int)', 'execute')::text`),
    ).toEqual(['false']);
  });
});

describe('occ_app', () => {
  it('is neither superuser nor owner, and is a member of occ_platform without inheriting from it', async () => {
    const { rows } = await owner.query(
      `select rolsuper, rolbypassrls, rolinherit, rolcreatedb, rolcreaterole from pg_roles where rolname = 'occ_app'`,
    );
    expect(rows).toEqual([
      { rolsuper: false, rolbypassrls: false, rolinherit: false, rolcreatedb: false, rolcreaterole: false },
    ]);
    expect(
      await column(`select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid
                    join pg_roles r on r.oid = m.member where r.rolname = 'occ_app'`),
    ).toEqual(['occ_platform']);
    expect(await column(`select tablename from pg_tables where tableowner in ('occ_app', 'occ_platform')`)).toEqual([]);
    expect(await column(`select has_schema_privilege('occ_app', 'public', 'create')::text`)).toEqual(['false']);
  });

  it('cannot keep locks for ever, however it is frozen', async () => {
    const limits = ['idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout'];
    const { rows } = await app.query(`select name, setting from pg_settings where name = any ($1) order by name`, [
      limits,
    ]);
    expect(rows.map(({ setting }) => Number(setting))).toEqual([15_000, 10_000, 30_000]);
  });

  it('and occ_platform have exactly the grants that are meant', async () => {
    const { rows } = await owner.query<{ table: string; privilege: string }>(
      `select table_name::text as table, lower(privilege_type) as privilege from information_schema.table_privileges
       where table_schema = 'public' and grantee in ('occ_app', 'PUBLIC')`,
    );
    const single = await owner.query<{ table: string; privilege: string; name: string }>(
      `select table_name::text as table, lower(privilege_type) as privilege, column_name::text as name
       from information_schema.column_privileges p where table_schema = 'public' and grantee in ('occ_app', 'PUBLIC')
         and not exists (select from information_schema.table_privileges t where t.table_name = p.table_name
           and t.grantee = p.grantee and t.privilege_type = p.privilege_type and t.table_schema = 'public')`,
    );
    const granted = everyTable.map(({ table }) => ({
      table,
      privileges: rows.flatMap((row) => (row.table === table ? row.privilege : [])).toSorted(),
      columns: Object.fromEntries(
        Map.groupBy(
          single.rows.filter((row) => row.table === table),
          ({ privilege }) => privilege,
        )
          .entries()
          .map(([privilege, columns]) => [privilege, columns.map(({ name }) => name).toSorted()]),
      ),
    }));
    expect(granted).toEqual(everyTable.map(({ columns = {}, ...rest }) => ({ ...rest, columns })));
  });

  const sealed: [table: string, sql: string][] = [
    ['secret_versions', 'select sealed from secret_versions'],
    ['secret_versions', 'select * from secret_versions'],
    ['secret_versions', 'select to_jsonb(v) from secret_versions v'],
    ['secret_versions', `select version from secret_versions where sealed > ''::bytea`],
    ['secret_versions', 'select version from secret_versions order by sealed'],
    [
      'secret_versions',
      `insert into secret_versions (tenant_id, secret_id, version, sealed) select tenant_id, id, 2, 'x' from secrets returning sealed`,
    ],
    ['secret_versions', `copy secret_versions (sealed) to stdout`],
    ['instance_credentials', 'select sealed from instance_credentials'],
    ['instance_credentials', 'select count(*) from instance_credentials'],
    ['cluster_credentials', 'select sealed from cluster_credentials'],
    ['users', 'select password_hash from users'],
    ['sessions', 'select token_hash from sessions'],
    [
      'role_assignments',
      `insert into role_assignments (id, user_id, role) select gen_random_uuid(), id, 'platform-administrator' from users`,
    ],
    ['audit_entries', `update audit_entries set actor_name = 'x'`],
    ['audit_entries', `delete from audit_entries`],
    [
      'audit_seals',
      `insert into audit_seals (sequence, tenant_id, number, entry_id, hash) select 9, id, 9, id, 'x' from tenants`,
    ],
    ['audit_repeats', `select entry from audit_repeats`],
    ['leases', `update leases set epoch = epoch + 1`],
    ['clusters', `update clusters set phase = 'Ready'`],
  ];
  it.each(sealed)('may not, on %s: %s', async (_table, sql) => {
    await app.query('begin');
    await app.query(`select set_config('occ.tenants', $1, true)`, [ours.tenantId]);
    await expect(app.query(sql)).rejects.toMatchObject({ code: '42501' });
    await app.query('rollback');
  });

  it('sees a person’s idempotency keys as that person only', async () => {
    const keysAs = async (userId: string): Promise<unknown[]> => {
      await app.query('begin');
      await app.query(`select set_config('occ.user', $1, true)`, [userId]);
      const { rows } = await app.query('select user_id from idempotency_keys');
      await app.query('rollback');
      return rows;
    };
    expect(await keysAs(theirs.userId)).toEqual([{ user_id: theirs.userId }]);
    expect(await keysAs('')).toEqual([]);
  });
});

describe('the context of a transaction', () => {
  let db: Database;
  beforeAll(async () => {
    // One connection, so that every transaction finds what the one before has left on it.
    db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-rls', poolSize: 1 });
  });
  afterAll(() => db?.close());
  const visible = `select count(*)::int as count from tenants`;

  it('ends with it: the next user of the connection sees nothing of it', async () => {
    const seenBy = (scope: Parameters<Database['transaction']>[0]) =>
      db.transaction(scope, (tx) => tx.query<{ count: number }>(visible));
    expect(await seenBy(tenantScope(theirs.tenantId))).toEqual([{ count: 1 }]);
    expect(await db.execute(visible)).toEqual([{ count: 0 }]);
    expect(await seenBy({ kind: 'tenants', tenantIds: [] })).toEqual([{ count: 0 }]);
    expect(await seenBy(platformScope())).toEqual([{ count: 2 }]);
    expect(await db.execute(visible)).toEqual([{ count: 0 }]);
    expect(await seenBy(tenantScope(ours.tenantId))).toEqual([{ count: 1 }]);
  });

  it('ends also when the transaction fails', async () => {
    const failing = db.transaction(platformScope(), (tx) => tx.query('select 1 / 0'));
    await expect(failing).rejects.toThrow(/division by zero/);
    expect(await db.execute('select current_user::text as role')).toEqual([{ role: 'occ_app' }]);
    expect(await db.execute(visible)).toEqual([{ count: 0 }]);
  });
});
