import { Client } from 'pg';
import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entities } from '../server/persistence/entities.ts';
import { createTestDatabase, type TestDatabase } from '../test/factories/test-database.ts';
import { migrate } from './run.ts';

let database: TestDatabase;
let owner: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await database?.drop();
});

/** The bookkeeping of the migrations themselves: no entity, and there before the first and after the last of them. */
const bookkeeping = 'mikro_orm_migrations';

/** The schema in words that do not depend on when it was made: one line for each thing, and what belongs to it. */
const descriptions = {
  tables: `select c.relname || ' ' || coalesce(c.relacl::text, '') || ' rls ' || c.relrowsecurity || c.relforcerowsecurity
    from pg_class c where c.relkind in ('r', 'v', 'm', 'S') and c.relnamespace = 'public'::regnamespace`,
  columns: `select c.relname || ' ' || row_number() over (partition by c.oid order by a.attnum) || ' ' || a.attname || ' '
      || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || a.attidentity::text || ' '
      || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || ' ' || coalesce(a.attacl::text, '')
    from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  constraints: `select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace`,
  indexes: `select indexdef from pg_indexes where schemaname = 'public'`,
  policies: `select p::text from pg_policies p where schemaname = 'public'`,
  functions: `select pg_get_functiondef(oid) || coalesce(proacl::text, '') from pg_proc where pronamespace = 'public'::regnamespace`,
  triggers: `select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal`,
  types: `select typname::text from pg_type t where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')`,
} as const;

async function schema(): Promise<Record<string, string[]>> {
  const described: Record<string, string[]> = {};
  for (const [name, text] of Object.entries(descriptions)) {
    const { rows } = await owner.query<string[]>({ text, rowMode: 'array' });
    described[name] = rows
      .map(([line = '']) => line)
      .filter((line) => !line.includes(bookkeeping))
      .toSorted();
  }
  return described;
}

const nothing = Object.fromEntries(Object.keys(descriptions).map((name) => [name, []]));

describe('the migrations', () => {
  it('go down to nothing and up again to the same schema', async () => {
    const before = await schema();
    expect(before.tables?.length).toBeGreaterThan(20);

    const undone: string[] = [];
    for (let names = await migrate('down', database); names.length > 0; names = await migrate('down', database)) {
      undone.unshift(...names);
    }
    expect(await schema()).toEqual(nothing);

    expect(await migrate('up', database)).toEqual(undone);
    expect(await schema()).toEqual(before);
  });

  it('do nothing where there is nothing to do', async () => {
    expect(await migrate('up', database)).toEqual([]);
  });
});

describe('the entities', () => {
  /** What MikroORM calls a type, as PostgreSQL does. */
  const typeOf = (columnType: string): string =>
    ({ timestamptz: 'timestamp with time zone', int: 'integer', bigserial: 'bigint' })[
      columnType.replace(/\(\d+\)$/, '')
    ] ?? columnType;

  it('have a property for each column and a column for each property, of the same type', async () => {
    const orm = await MikroORM.init({ clientUrl: database.appUrl, entities });
    const mapped = [...orm.getMetadata().getAll().values()].flatMap(({ tableName, props }) =>
      props.flatMap(({ fieldNames, columnTypes, nullable = false }) =>
        fieldNames.map(
          (column, index) => `${tableName}.${column} ${typeOf(columnTypes[index] ?? '')}${nullable ? ' null' : ''}`,
        ),
      ),
    );
    await orm.close();

    const { rows } = await owner.query<{ column: string }>(
      `select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
         || case when a.attnotnull then '' else ' null' end as column
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where a.attnum > 0 and not a.attisdropped and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
         and c.relname <> $1`,
      [bookkeeping],
    );
    expect(mapped.toSorted()).toEqual(rows.map(({ column }) => column).toSorted());
  });
});
