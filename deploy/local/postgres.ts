import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { QueryResult } from 'pg';
import { ensureDirectory } from './directories.ts';
import { keptSecret } from './kept-secret.ts';
import { endLeftover } from './process-identity.ts';
import { rememberedPort } from './ports.ts';
import { commandAs, findPostgres, postgresAccount } from './postgres-programs.ts';
import type { Account, PostgresPrograms } from './postgres-programs.ts';
import { localProcess, startAndWait } from './process.ts';
import type { Report } from './report.ts';
import type { Service } from './service.ts';
import { waitUntil } from './wait-until.ts';

const run = promisify(execFile);
const superuser = 'postgres';

export interface LocalPostgres extends Service {
  /** Connection string of the superuser, to the database `postgres`. */
  url: string;
  port: number;
  /** Connection string of the superuser to that database, which is made if it does not exist. */
  database(name: string): Promise<string>;
}

export interface PostgresOptions {
  /** Holds data, port, password and log; made if it does not exist. */
  directory: string;
  report: Report;
  port?: number;
  /** False for throw-away servers: nothing is flushed to the disk, so that only a crash of the machine loses data. */
  durable?: boolean;
  /** Start it again when it dies by itself. */
  revive?: boolean;
}

async function createData(
  { initdb }: PostgresPrograms,
  account: Account | undefined,
  { data, passwordFile }: { data: string; passwordFile: string },
): Promise<void> {
  // A crash in the middle of initdb leaves a directory that no server starts from.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  if (account) chownSync(data, account.uid, account.gid);
  const access = ['--auth=scram-sha-256', `--username=${superuser}`, `--pwfile=${passwordFile}`];
  const [command, args] = commandAs(account, initdb, ['-D', data, ...access, '-E', 'UTF8', '--locale=C', '--no-sync']);
  await run(command, args, { cwd: '/' });
}

/** Starts PostgreSQL on 127.0.0.1 with the data of `directory`, after whatever way the former run ended. */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const { report, durable = true } = options;
  const directory = ensureDirectory(options.directory);
  const data = join(directory, 'data');
  const versionFile = join(data, 'PG_VERSION');
  const finished = existsSync(join(data, 'global', 'pg_control')) && existsSync(versionFile);
  const programs = findPostgres(finished ? Number.parseInt(readFileSync(versionFile, 'utf8'), 10) : undefined);
  const account = postgresAccount();

  const passwordFile = join(directory, 'password');
  const password = keptSecret(passwordFile, () => randomBytes(18).toString('base64url'));
  if (!finished) {
    report('creating the database files');
    await createData(programs, account, { data, passwordFile });
  }

  // First, because what a killed run left behind still holds the remembered port.
  await endLeftover(join(directory, 'postgres.pid'), 'SIGINT');
  const port = await rememberedPort(join(directory, 'port'), options.port);
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off']),
  ];
  const flags = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const [command, args] = commandAs(account, programs.postgres, flags);
  const server = localProcess(
    {
      name: 'postgres',
      directory,
      command,
      args,
      cwd: '/',
      env: { ...process.env, PGDATA: undefined },
      stopSignal: 'SIGINT', // Ends sessions instead of waiting for them.
      graceMs: 20_000,
    },
    options.revive ? { revive: report } : {},
  );

  const urlOf = (database: string) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;

  async function query(text: string): Promise<QueryResult> {
    const client = new Client({
      connectionString: urlOf('postgres'),
      connectionTimeoutMillis: 2_000,
    });
    // Without a listener a server that goes away would end this process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.query(text);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const ready = (signal: AbortSignal) => waitUntil(() => query('SELECT 1'), { timeoutMs: 60_000, signal });
  async function serve(): Promise<void> {
    // After a SIGKILL the sessions of the old server need a moment to notice, and hold its memory until then.
    await waitUntil(() => startAndWait(server, ready), { timeoutMs: 10_000, everyMs: 500 });
  }

  report('starting');
  await serve();
  report(`PostgreSQL ${programs.majorVersion} serves on port ${port}`, 100);

  return {
    url: urlOf('postgres'),
    port,
    async database(name) {
      const exists = await query(`SELECT 1 FROM pg_database WHERE datname = ${escapeLiteral(name)}`);
      if (exists.rowCount === 0) await query(`CREATE DATABASE ${escapeIdentifier(name)}`);
      return urlOf(name);
    },
    stop: server.stop,
    kill: server.kill,
    async restart() {
      await server.stop();
      await serve();
    },
  };
}
