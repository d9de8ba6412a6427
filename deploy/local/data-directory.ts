import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Says that all in the directory is ours. Only ever put into an empty one. */
const marker = '.open-cluster-claw';

const isEmpty = (directory: string): boolean => readdirSync(directory).length === 0;

export function ensureDataDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (isEmpty(directory))
    writeFileSync(join(directory, marker), 'All of this directory belongs to Open Cluster Claw.\n');
}

/** @throws Error for a directory with things in it that we have not put there */
export function requireDeletable(directory: string): void {
  if (!existsSync(directory) || isEmpty(directory) || existsSync(join(directory, marker))) return;
  throw new Error(
    `${directory} is not deleted: there are things in it, and no file ${marker} that says that they are ours. ` +
      'Check --data (and OCC_DATA), or empty it yourself.',
  );
}
