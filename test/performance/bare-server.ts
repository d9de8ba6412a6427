// What the instance list would cost without this product: Koa, a pool, the same two statements, the same JSON.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Koa from 'koa';
import { Pool, types } from 'pg';
import type { Caller } from '../../server/access/caller.ts';
import { presentInstanceSummary } from '../../server/instances/instance.presenter.ts';
import type { InstanceRow } from '../../server/instances/instance-row.ts';

/** The file that BARE_ORDER names. */
export interface BareOrder {
  databaseUrl: string;
  poolSize: number;
  port: number;
  page: string;
  count: string;
  /** The cursor is part of the answer, but making it is not part of what is measured. */
  next: string;
}

const order = JSON.parse(readFileSync(process.env.BARE_ORDER ?? '', 'utf8')) as BareOrder;
const pool = new Pool({ connectionString: order.databaseUrl, max: order.poolSize });
// Times stay text, as in the product: parsing them would be work that nobody asked for.
types.setTypeParser(types.builtins.TIMESTAMPTZ, (text: string) => text);
const allowedAll = { can: () => true } as unknown as Caller;

const app = new Koa();
app.use(async (ctx) => {
  const { rows } = await pool.query<InstanceRow>(order.page);
  const counted = await pool.query<{ total: number }>(order.count);
  ctx.body = {
    items: rows.slice(0, 50).map((row) => presentInstanceSummary(row, allowedAll)),
    next: order.next,
    total: counted.rows[0]?.total,
  };
});
const answer = app.callback();
createServer((request, response) => void answer(request, response)).listen(order.port, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
