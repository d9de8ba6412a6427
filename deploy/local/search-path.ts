import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first executable of that name on PATH, or in the further folders given. */
export function findProgram(name: string, furtherFolders: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...furtherFolders];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** The first version number (`[18, 4, 0]`) in what the program prints; undefined when it cannot even be run. */
export function versionOf(program: string, args: readonly string[] = ['--version']): number[] | undefined {
  try {
    const printed = execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return /\d+(\.\d+)+/.exec(printed)?.[0].split('.').map(Number);
  } catch {
    return undefined;
  }
}

/** Whether a version is at least the lowest one that fits. */
export function isAtLeast(version: readonly number[], lowest: readonly number[]): boolean {
  for (const [index, part] of lowest.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
