import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { answered, type RealProduct } from './real-product.ts';

/** Begins every line of the log that begins a statement of the api's own. */
const mark = '<occ-api> LOG:  statement: ';

/**
 * The statements of one list request as PostgreSQL was given them, without those that make a transaction and its
 * context. Its log is asked rather than ours.
 */
export async function statementsOfOneList({ product, administrator }: RealProduct): Promise<number> {
  const owner = new Client({ connectionString: product.postgres.url });
  await owner.connect();
  try {
    const { rows } = await owner.query<{ directory: string }>(`select current_setting('data_directory') as directory`);
    const logFile = join(rows[0]?.directory ?? '', '..', 'postgres.log');
    await owner.query(`alter system set log_line_prefix = '<%a> '`);
    await owner.query(`alter system set log_statement = 'all'`);
    await owner.query('select pg_reload_conf()');
    // The first request only shows that the log has begun to tell.
    await waitUntil(
      async () => {
        await answered(administrator.get('/instances?limit=50'), 200);
        if (!readFileSync(logFile, 'utf8').includes(mark)) throw new Error('PostgreSQL does not log statements');
      },
      { timeoutMs: 10_000 },
    );
    const before = readFileSync(logFile, 'utf8').length;
    await answered(administrator.get('/instances?limit=50'), 200);
    const log = readFileSync(logFile, 'utf8').slice(before);
    return log
      .split(/^(?=<)/m)
      .filter((entry) => entry.startsWith(mark))
      .flatMap((entry) => entry.slice(mark.length).split(/;\n/))
      .filter((statement) => !/^(begin|select set_config\(|commit)/.test(statement.trim())).length;
  } finally {
    await owner.end();
  }
}
