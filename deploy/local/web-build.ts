import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { checkout, ensureDirectory } from './directories.ts';
import type { Report } from './report.ts';

const run = promisify(execFile);
const keptBuilds = 8;

function sourceFiles(): string[] {
  const inWeb = readdirSync(join(checkout, 'web'), { recursive: true, withFileTypes: true });
  return inWeb
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/\/(dist|node_modules)\/|\.(test|d)\.ts$/.test(file))
    .toSorted();
}

/** Names a build after all that goes into it. */
function buildKey(): string {
  const hash = createHash('sha256').update(readFileSync(join(checkout, 'package-lock.json')));
  for (const file of sourceFiles()) hash.update(`\n${file.slice(checkout.length)}\n`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** Old builds go, oldest first, but for the few that other checkouts may be serving. */
function dropOldBuilds(builds: string): void {
  const age = (name: string) => statSync(join(builds, name)).mtimeMs;
  const names = readdirSync(builds).toSorted((a, b) => age(b) - age(a));
  for (const name of names.slice(keptBuilds)) rmSync(join(builds, name), { recursive: true, force: true });
}

async function runVite(folder: string): Promise<void> {
  const vite = join(checkout, 'node_modules', '.bin', 'vite');
  const options = ['--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'];
  try {
    await run(vite, ['build', 'web', ...options], { cwd: checkout });
  } catch (error) {
    const said =
      error instanceof Error && 'stderr' in error ? stripVTControlCharacters(String(error.stderr)) : String(error);
    const firstLines = said.trim().split('\n').slice(0, 15).join('\n');
    throw new Error(`The portal could not be built:\n${firstLines}`, { cause: error });
  }
}

/**
 * Builds the portal into the cache unless these very sources were built before.
 * @returns the folder to serve
 */
export async function buildWeb({ cache, report }: { cache: string; report: Report }): Promise<string> {
  const builds = ensureDirectory(join(cache, 'web'));
  const folder = join(builds, buildKey());
  if (existsSync(folder)) return folder;
  report('building the portal');
  const temporary = mkdtempSync(join(builds, 'new-'));
  try {
    await runVite(temporary);
    renameSync(temporary, folder);
    dropOldBuilds(builds);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // Otherwise somebody else built the same at the same time.
  }
  return folder;
}
