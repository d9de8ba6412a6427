import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { provided } from './environment.ts';

/** A new empty directory that `npm test` removes at its end, after it has ended every process that left its number there. */
export function throwAwayDirectory(name: string): string {
  return mkdtempSync(join(provided('TEST_DIRECTORY'), `${name}-`));
}
