import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { migrate } from '../../migrations/run.ts';

export interface TestDatabase {
  /** As the role of the product's processes. */
  appUrl: string;
  /** As the owner, past row-level security. */
  ownerUrl: string;
  drop(): Promise<void>;
}

/**
 * A database of its own for one suite, made in a moment from a template that is migrated once for all of them.
 * Needs TEST_POSTGRES_URL: a server on which databases and roles may be made.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env.TEST_POSTGRES_URL;
  if (!serverUrl) {
    throw new Error('These tests need PostgreSQL: run them by npm test, or name a server in TEST_POSTGRES_URL.');
  }
  const name = `occ_test_${randomBytes(6).toString('hex')}`;
  await withServer(serverUrl, async (client) => {
    const template = await ensureTemplate(client, serverUrl);
    await client.query(`create database ${name} template ${template}`);
  });
  return {
    ...urlsOf(serverUrl, name),
    drop: () => withServer(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`)),
  };
}

/** Its name is its content, so that a changed migration makes a new one. */
async function ensureTemplate(client: Client, serverUrl: string): Promise<string> {
  const template = `occ_template_${contentHash()}`;
  await client.query('select pg_advisory_lock(7206302)');
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount) return template;
    const unfinished = `${template}_${randomBytes(3).toString('hex')}`;
    await client.query(`create database ${unfinished}`);
    await migrate('up', urlsOf(serverUrl, unfinished));
    await client.query(`alter database ${unfinished} rename to ${template}`);
    return template;
  } finally {
    await client.query('select pg_advisory_unlock(7206302)');
  }
}

function contentHash(): string {
  const folder = fileURLToPath(new URL('../../migrations/', import.meta.url));
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).toSorted()) hash.update(readFileSync(`${folder}/${file}`));
  return hash.digest('hex').slice(0, 12);
}

function urlsOf(serverUrl: string, database: string): { ownerUrl: string; appUrl: string } {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  const ownerUrl = url.href;
  url.username = 'occ_app';
  url.password = 'occ_app';
  return { ownerUrl, appUrl: url.href };
}

async function withServer(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
