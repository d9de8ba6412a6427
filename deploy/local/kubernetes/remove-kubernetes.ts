import { rmSync } from 'node:fs';
import { planLayout } from './layout.ts';
import { lockDirectory, partNames } from './local-kubernetes.ts';
import { clearNode } from './node-cleaning.ts';
import { killStalePart } from './part.ts';

/** Removes everything that a stopped Kubernetes keeps, its volumes and the agents' data on them included. */
export async function removeKubernetes(directory: string): Promise<void> {
  const lock = lockDirectory(directory);
  try {
    for (const name of partNames) await killStalePart(directory, name);
    const layout = await planLayout(directory);
    if (process.platform === 'linux' && process.getuid?.() === 0) await clearNode(layout);
    rmSync(directory, { recursive: true, force: true });
  } finally {
    lock.release();
  }
}
