import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import worker from '@temporalio/worker/package.json' with { type: 'json' };

export const workflowSources = fileURLToPath(new URL('../../workflows/', import.meta.url));

/**
 * Names what runs, not when it was built: the workflow sources and the SDK that bundles them. A commit that touches
 * neither keeps the id, so that it strands no run.
 */
export function buildIdOf(directory = workflowSources): string {
  const hash = createHash('sha256').update(`@temporalio/worker ${worker.version}\n`);
  const files = globSync('**/*.ts', { cwd: directory }).filter((file) => !file.endsWith('.test.ts'));
  for (const file of files.toSorted()) {
    const text = readFileSync(join(directory, file));
    hash.update(`${file.replaceAll('\\', '/')} ${text.byteLength}\n`).update(text);
  }
  return hash.digest('hex').slice(0, 16);
}
