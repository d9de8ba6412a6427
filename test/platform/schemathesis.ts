import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../../deploy/local/directories.ts';
import type { Report } from '../../deploy/local/report.ts';
import { ensureWheels } from '../../deploy/local/wheels.ts';
import { provided } from './environment.ts';

const requirements = fileURLToPath(new URL('../schemathesis/requirements.txt', import.meta.url));

/** The fuzzer of the API, in its pinned version, outside the checkout. @returns the folder of its wheels */
export async function ensureSchemathesis(report: Report): Promise<string> {
  const program = await ensureWheels({
    requirements,
    program: 'schemathesis',
    needsPython: true,
    name: 'the fuzzer Schemathesis',
    remedy: 'use Python 3.11 or later on Linux or macOS',
    cache: cacheDirectory(),
    report,
  });
  return dirname(dirname(program));
}

/** What `npm test` has brought up. */
export const testSchemathesis = (): string => provided('TEST_SCHEMATHESIS');
