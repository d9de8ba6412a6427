import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { requireDeletable } from './data-directory.ts';
import { endLeftover } from './process-identity.ts';

/**
 * Deletes everything that `npm start` keeps below `data`, after ending what a killed run may have left there.
 * @throws Error for a directory with other things in it
 */
export async function reset(data: string): Promise<void> {
  requireDeletable(data);
  await Promise.all(['api', 'worker', 'observer'].map((name) => endLeftover(join(data, `${name}.pid`))));
  await endLeftover(join(data, 'temporal', 'temporal.pid'));
  await endLeftover(join(data, 'postgres', 'postgres.pid'), 'SIGINT');
  const kubernetes = join(data, 'kubernetes');
  if (existsSync(kubernetes)) {
    const { removeKubernetes } = await import('./kubernetes/index.ts');
    await removeKubernetes(kubernetes);
  }
  rmSync(data, { recursive: true, force: true });
}
