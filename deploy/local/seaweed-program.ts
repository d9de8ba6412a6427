import { fileURLToPath } from 'node:url';
import type { Report } from './report.ts';
import { findProgram, isAtLeast, versionOf } from './search-path.ts';
import { ensureWheels } from './wheels.ts';

const requirements = fileURLToPath(new URL('object-storage.requirements.txt', import.meta.url));
/** The one that the server's flags are tried with: an older one ends on those that it does not know. */
const lowestVersion = [4, 48];

/** The machine's own SeaweedFS in a fitting version, else the pinned and hash-checked one from the cache. */
export async function ensureSeaweed({ cache, report }: { cache: string; report: Report }): Promise<string> {
  const own = findProgram('weed');
  const version = own ? versionOf(own, ['version']) : undefined;
  if (own && version && isAtLeast(version, lowestVersion)) return own;
  const remedy = 'give S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY of another S3 server';
  return ensureWheels({ requirements, program: 'weed', name: 'the S3 server SeaweedFS', remedy, cache, report });
}
