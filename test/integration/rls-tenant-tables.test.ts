import { Client, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../factories/test-database.ts';
import { buildOwnedRows, buildSurroundings, type OwnedRows } from './owned-rows.ts';
import { everyTable, tenantTables } from './table-classes.ts';

/** insufficient_privilege: a grant is missing, or a row violates the policy. */
const refused = '42501';

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

interface Outcome {
  rows: Record<string, unknown>[];
  affected: number;
  /** The SQLSTATE of a refusal. */
  code?: string;
}

/** What one statement of `occ_app` does in a transaction with this context; whatever it did is rolled back. */
async function asApp(tenantId: string | null, sql: string, parameters: unknown[] = []): Promise<Outcome> {
  await app.query('begin');
  try {
    if (tenantId !== null) await app.query(`select set_config('occ.tenants', $1, true)`, [tenantId]);
    const { rows, rowCount } = await app.query(sql, parameters);
    await app.query('set constraints all immediate');
    return { rows, affected: rowCount ?? 0 };
  } catch (error) {
    return { rows: [], affected: 0, code: (error as { code?: string }).code ?? String(error) };
  } finally {
    await app.query('rollback');
  }
}

/** Nothing seen, nothing changed: by the policy, or because the role has no such privilege at all. */
function expectNothing({ rows, affected, code }: Outcome): void {
  expect({ rows, affected }).toEqual({ rows: [], affected: 0 });
  expect([undefined, refused]).toContain(code);
}

const tenantColumn = (table: string): string => (table === 'tenants' ? 'id' : 'tenant_id');

const contexts: [name: string, tenantId: () => string | null][] = [
  ['without a context', () => null],
  ['in the context of another tenant', () => ours.tenantId],
];

async function fingerprint(table: string): Promise<unknown> {
  const { rows } = await owner.query(
    `select count(*)::int as count, md5(string_agg(t::text, '|' order by t::text)) as hash from ${table} t
     where ${tenantColumn(table)} = $1`,
    [theirs.tenantId],
  );
  return rows[0];
}

/** The columns that a statement may write, and a row of theirs. */
async function theirRow(table: string): Promise<{ columns: string; row: unknown }> {
  const { rows } = await owner.query<{ name: string }>(
    `select column_name as name from information_schema.columns
     where table_schema = 'public' and table_name = $1 and is_identity = 'NO'`,
    [table],
  );
  const found = await owner.query<{ row: unknown }>(
    `select to_jsonb(t) as row from ${table} t where ${tenantColumn(table)} = $1 limit 1`,
    [theirs.tenantId],
  );
  return { columns: rows.map(({ name }) => escapeIdentifier(name)).join(', '), row: found.rows[0]?.row };
}

describe.each(tenantTables)('%s', (table) => {
  const column = tenantColumn(table);

  it('has a row of theirs to try on', async () => {
    expect(await fingerprint(table)).not.toMatchObject({ count: 0 });
  });

  describe.each(contexts)('%s', (_name, tenantId) => {
    it('shows no row', async () => {
      expectNothing(await asApp(tenantId(), `select ${column} from ${table} where ${column} = $1`, [theirs.tenantId]));
      expectNothing(
        await asApp(tenantId(), `select ${column} from ${table} where ${column} is distinct from $1`, [tenantId()]),
      );
    });

    it('lets none be updated or deleted', async () => {
      const before = await fingerprint(table);
      expectNothing(
        await asApp(tenantId(), `update ${table} set ${column} = ${column} where ${column} = $1`, [theirs.tenantId]),
      );
      expectNothing(await asApp(tenantId(), `delete from ${table} where ${column} = $1`, [theirs.tenantId]));
      expect(await fingerprint(table)).toEqual(before);
    });

    it('lets none be taken over, nor one of ours be handed over', async () => {
      const take = `update ${table} set ${column} = $1 where ${column} = $2`;
      expectNothing(await asApp(tenantId(), take, [ours.tenantId, theirs.tenantId]));
      const handedOver = await asApp(tenantId(), take, [theirs.tenantId, ours.tenantId]);
      expectNothing(handedOver);
      if (tenantId() !== null) expect(handedOver.code).toBe(refused);
    });

    it('lets none be inserted, whatever its conflict clause', async () => {
      const { columns, row } = await theirRow(table);
      const insert = `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)`;
      expect(await asApp(tenantId(), insert, [row])).toMatchObject({ affected: 0, code: refused });
      expect(await asApp(tenantId(), `${insert} on conflict do nothing`, [row])).toMatchObject({
        affected: 0,
        code: refused,
      });
    });
  });

  const mayInsert = everyTable.some((known) => known.table === table && known.privileges.includes('insert'));
  it('refuses that insert by the policy, or to everybody: in their own context the row is there already', async () => {
    const { columns, row } = await theirRow(table);
    const insert = `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)`;
    expect((await asApp(theirs.tenantId, insert, [row])).code).toBe(mayInsert ? '23505' : refused);
  });
});

interface ForeignKey {
  table: string;
  referenced: string;
  columns: string[];
  referenced_columns: string[];
}

const foreignKeys = async (): Promise<ForeignKey[]> => {
  const names = (attributes: string, relation: string) =>
    `(select array_agg(a.attname::text order by n) from unnest(${attributes}) with ordinality as k (number, n)
      join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.number)`;
  const { rows } = await owner.query<ForeignKey>(
    `select c.conrelid::regclass::text as table, c.confrelid::regclass::text as referenced,
       ${names('c.conkey', 'c.conrelid')} as columns, ${names('c.confkey', 'c.confrelid')} as referenced_columns
     from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace`,
  );
  return rows;
};

describe('foreign keys', () => {
  it('to a tenant’s rows hold the tenant on both sides', async () => {
    const toTenants = (await foreignKeys()).filter(({ referenced }) => tenantTables.includes(referenced));
    expect(toTenants.length).toBeGreaterThan(15);
    const crossing = toTenants.filter(({ referenced, columns, referenced_columns }) => {
      const at = columns.indexOf('tenant_id');
      return at < 0 || referenced_columns[at] !== tenantColumn(referenced);
    });
    expect(crossing).toEqual([]);
  });

  it('cannot be satisfied by another tenant’s row', async () => {
    const composite = (await foreignKeys()).filter(
      ({ table, referenced, columns }) =>
        columns.length > 1 && tenantTables.includes(table) && tenantTables.includes(referenced),
    );
    expect(composite.length).toBeGreaterThan(10);
    for (const { table, referenced, columns, referenced_columns } of composite) {
      const [column, key] = columns.flatMap((name, index) =>
        name === 'tenant_id' ? [] : [name, referenced_columns[index]],
      );
      const { rows } = await owner.query(`select ${key} as id from ${referenced} where tenant_id = $1 limit 1`, [
        theirs.tenantId,
      ]);
      const point = `update ${table} set ${column} = $1 where tenant_id = $2`;
      const outcome = await asApp(ours.tenantId, point, [rows[0].id, ours.tenantId]);
      expect({ table, column, code: outcome.code }).toEqual({
        table,
        column,
        code: expect.stringMatching(/^(23503|42501)$/),
      });
      // Without the grants of occ_app in the way, the constraint itself says no.
      await owner.query('begin');
      const direct = owner
        .query(point, [rows[0].id, ours.tenantId])
        .then(() => owner.query('set constraints all immediate'));
      await expect(direct, `${table}.${column}`).rejects.toMatchObject({ code: '23503' });
      await owner.query('rollback');
    }
  });
});

describe('hand-written SQL', () => {
  const statements: [name: string, sql: string][] = [
    [
      'an outer join from a table that all may read',
      'select i.id from clusters c left join instances i on i.cluster_id = c.id where i.id is not null and i.tenant_id <> $1',
    ],
    [
      'a join over several tables',
      'select o.id from operations o join instances i on i.id = o.instance_id join projects p on p.id = i.project_id where o.tenant_id <> $1',
    ],
    [
      'a subquery',
      'select id from agent_versions v where exists (select from revisions r where r.agent_version_id = v.id and r.tenant_id <> $1)',
    ],
    [
      'a lateral join',
      'select x.id from tenants t cross join lateral (select id from projects p where p.tenant_id <> t.id) x where t.id = $1',
    ],
    [
      'a common table expression',
      'with all_of_them as materialized (select * from events) select id from all_of_them where tenant_id <> $1',
    ],
    ['a condition that is true', 'select id from instances where (tenant_id = $1 or true) and tenant_id <> $1'],
    [
      'an update from another table',
      `update projects p set name = 'theirs' from instances i where i.project_id = p.id and p.tenant_id <> $1 returning p.id`,
    ],
    [
      'a deletion using another table',
      'delete from instances i using clusters c where c.id = i.cluster_id and i.tenant_id <> $1 returning i.id',
    ],
    ['a locking read', 'select id from operations where tenant_id <> $1 for update'],
    [
      'a writing common table expression',
      `with moved as (update operations set phase = 'Failed' where tenant_id <> $1 returning id) select id from moved`,
    ],
  ];
  it.each(statements)('%s reaches no row of theirs', async (_name, sql) => {
    expect(await asApp(ours.tenantId, sql, [ours.tenantId])).toEqual({ rows: [], affected: 0 });
  });

  it('an aggregate counts only what is ours', async () => {
    const { rows } = await asApp(ours.tenantId, 'select count(distinct tenant_id)::int as tenants from operations');
    expect(rows).toEqual([{ tenants: 1 }]);
  });

  it('a context that names no tenant, or none that exists, leaves nothing', async () => {
    for (const context of ['', ',', crypto.randomUUID()]) {
      const { rows } = await asApp(context, 'select id from instances');
      expect(rows).toEqual([]);
    }
  });
});
