import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endLeftover } from '../../deploy/local/process-identity.ts';

/** Ends every process that a test started below the directory and did not end itself, then removes the directory. */
export async function sweep(directory: string): Promise<void> {
  // One level is enough, and all that is safe: below it may be links that lead out.
  const servers = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const mayHoldKubernetes = [directory, ...servers.map(({ name }) => join(directory, name))];
  for (const kubernetes of mayHoldKubernetes.map((place) => join(place, 'kubernetes')).filter(existsSync)) {
    const { removeKubernetes } = await import('../../deploy/local/kubernetes/index.ts');
    await removeKubernetes(kubernetes);
  }
  for (const { name: server } of servers.filter(({ name }) => existsSync(join(directory, name)))) {
    const pidFiles = readdirSync(join(directory, server)).filter((name) => name.endsWith('.pid'));
    for (const name of pidFiles) {
      await endLeftover(join(directory, server, name), name === 'postgres.pid' ? 'SIGINT' : 'SIGTERM');
    }
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
