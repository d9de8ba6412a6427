import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endLeftover } from '../../deploy/local/process-identity.ts';

/** Ends every process that a test started below the directory and did not end itself, then removes the directory. */
export async function sweep(directory: string): Promise<void> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const pidFiles = entries.filter(
    (entry) => entry.isFile() && entry.name.endsWith('.pid') && entry.name !== 'postmaster.pid',
  );
  for (const { parentPath, name } of pidFiles) {
    await endLeftover(join(parentPath, name), name === 'postgres.pid' ? 'SIGINT' : 'SIGTERM');
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
