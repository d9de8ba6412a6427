import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { requireDeletable } from './data-directory.ts';
import { stopAgents } from './machine-agents.ts';
import { endLeftover } from './process-identity.ts';

/** @throws Error where a reset would leave a database behind without the keys that its values are sealed with */
export function requireOwnDatabase(data: string, given: string | undefined): void {
  if (!given) return;
  throw new Error(
    `--reset deletes ${data}, with the keys and passwords that belong to the database of DATABASE_URL, but not that ` +
      'database, which nobody could sign in to any more. To start over, give an empty database in DATABASE_URL and ' +
      'another directory (--data DIR) instead of --reset. To delete what is in this directory, unset DATABASE_URL.',
  );
}

/**
 * Deletes everything that `npm start` keeps below `data`, after ending what a killed run may have left there.
 * @throws Error for a directory with other things in it
 */
export async function reset(data: string): Promise<void> {
  requireDeletable(data);
  await Promise.all(['api', 'worker', 'observer'].map((name) => endLeftover(join(data, `${name}.pid`))));
  await stopAgents(join(data, 'machine'));
  await endLeftover(join(data, 'echo-model', 'echo-model.pid'));
  await endLeftover(join(data, 'temporal', 'temporal.pid'));
  await endLeftover(join(data, 'object-storage', 'object-storage.pid'));
  await endLeftover(join(data, 'postgres', 'postgres.pid'), 'SIGINT');
  const kubernetes = join(data, 'kubernetes');
  if (existsSync(kubernetes)) {
    const { removeKubernetes } = await import('./kubernetes/index.ts');
    await removeKubernetes(kubernetes);
  }
  rmSync(data, { recursive: true, force: true });
}
