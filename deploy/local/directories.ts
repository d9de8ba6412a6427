import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const product = 'open-cluster-claw';

/** The checkout that this file belongs to. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Where builds and downloads stay: outside the checkout, so that every clone shares them. */
export function cacheDirectory(): string {
  const base =
    process.env.XDG_CACHE_HOME ??
    (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'));
  return ensureDirectory(join(base, product));
}

/** Where `npm start` keeps its data unless told otherwise. */
export function dataDirectory(): string {
  return process.env.OCC_DATA ?? join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), product);
}

export function ensureDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true });
  return directory;
}
