import { fileURLToPath } from 'node:url';
import type { Report } from './report.ts';
import { findProgram, isAtLeast, versionOf } from './search-path.ts';
import { ensureWheels } from './wheels.ts';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
/** The first whose development server knows fairness and worker versions as they are used here. */
const lowestVersion = [1, 9];

/** The machine's own Temporal CLI in a fitting version, else the pinned and hash-checked one from the cache. */
export async function ensureTemporal({ cache, report }: { cache: string; report: Report }): Promise<string> {
  const own = findProgram('temporal');
  const version = own ? versionOf(own) : undefined;
  if (own && version && isAtLeast(version, lowestVersion)) return own;
  const remedy = 'install the CLI (https://docs.temporal.io/cli), or give TEMPORAL_ADDRESS';
  return ensureWheels({ requirements, program: 'temporal', name: 'the Temporal CLI', remedy, cache, report });
}
