import type { Transaction } from '../persistence/transaction.ts';
import { cursorInvalid, readCursor, writeCursor } from './cursor.ts';
import type { Page } from './page.ts';

/** A piece of a `where`, with `?` for each parameter. An array parameter fills `array[?]`. */
export interface Condition {
  sql: string;
  parameters: unknown[];
}

export const condition = (sql: string, ...parameters: unknown[]): Condition => ({
  sql,
  parameters,
});

/** The last key must be unique, or pages overlap. Keys travel as text, so that no precision of a time is lost. */
export interface Sort {
  keys: readonly { sql: string; cast: 'timestamptz' | 'uuid' | 'text' | 'bigint' }[];
  descending: boolean;
}

export interface List {
  /** Of the list, so that a cursor of another one is refused. */
  name: string;
  /** `p.id, p.name as "displayName", …` */
  select: string;
  /** `projects p join …`: whatever `where` and `sort` speak of. */
  from: string;
  /** For each `?` in `from`. What they filter by belongs into `name`: a cursor is not bound to them. */
  fromParameters?: readonly unknown[];
  /** Joins that only `select` needs, each of exactly one row: made to the rows of table `to` once the page is cut. */
  joins?: { to: string; sql: string };
  where: readonly Condition[];
  sort: Sort;
  limit: number;
  cursor: string | undefined;
  /** Left out where the list is as long as there are objects; what only grows is not counted to its end. */
  countUpTo?: number;
}

/**
 * One page by its keys, and the count over all pages: two statements, whatever the page.
 * @throws Problem 'request.cursor-invalid'
 */
export async function readPage<Row extends object>(tx: Transaction, list: List): Promise<Page<Row>> {
  const { keys, descending } = list.sort;
  const { fromParameters = [] } = list;
  const boundTo = [list.name, keys, descending, list.where];
  const where = [condition('true'), ...list.where];
  const after = list.cursor ? [afterKeys(list.sort, readCursor(list.cursor, boundTo, keys.length))] : [];
  const paged = [...where, ...after];

  const order = (columns: readonly string[]): string =>
    columns.map((column) => `${column} ${descending ? 'desc' : 'asc'}`).join(', ');
  const { to, sql: joins } = list.joins ?? { to: 'page', sql: '' };
  const sorts = keys.map((_key, index) => `${to}.sort${index}`);
  // The page is cut first: joins, and keys as text, would otherwise be made for every row that is sorted.
  const rows = await tx.query<Row & Record<`key${number}`, string>>(
    `select ${list.joins ? list.select : 'page.*'}, ${sorts.map((column, index) => `${column}::text as key${index}`).join(', ')}
     from (select ${list.joins ? `${to}.*` : list.select}, ${keys.map(({ sql }, index) => `${sql} as sort${index}`).join(', ')}
           from ${list.from} where ${join(paged)}
           order by ${order(keys.map(({ sql }) => sql))} limit ?) ${to}
     ${joins} order by ${order(sorts)}`,
    [...fromParameters, ...parametersOf(paged), list.limit + 1],
  );
  const [counted] = await tx.query<{ total: number }>(
    `select count(*)::int as total
     from (select from ${list.from} where ${join(where)} limit ${list.countUpTo ?? 'all'}) counted`,
    [...fromParameters, ...parametersOf(where)],
  );
  const items = rows.slice(0, list.limit);
  const last = rows.length > list.limit ? items.at(-1) : undefined;
  return {
    items,
    next: last
      ? writeCursor(
          keys.map((_key, index) => last[`key${index}`] ?? ''),
          boundTo,
        )
      : null,
    total: counted?.total ?? 0,
  };
}

const shapes = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  bigint: /^\d{1,18}$/,
  timestamptz: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/,
  text: /^[^\0]*$/,
} as const;

function afterKeys({ keys, descending }: Sort, values: string[]): Condition {
  if (!keys.every(({ cast }, index) => shapes[cast].test(values[index] ?? ''))) throw cursorInvalid();
  const columns = keys.map(({ sql }) => sql).join(', ');
  const bounds = keys.map(({ cast }) => `?::${cast}`).join(', ');
  return condition(`(${columns}) ${descending ? '<' : '>'} (${bounds})`, ...values);
}

const join = (conditions: readonly Condition[]): string => conditions.map(({ sql }) => sql).join(' and ');
const parametersOf = (conditions: readonly Condition[]): unknown[] =>
  conditions.flatMap(({ parameters }) => parameters);
