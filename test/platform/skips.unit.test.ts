import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkout } from '../../deploy/local/directories.ts';
import { describeResults, readResults } from './results.ts';
import { describeSkips } from './skips.ts';

// Put together, so that this file itself names none.
const variable = (name: string) => `process.env.TEST_${name}`;

describe('the end of a test run', () => {
  const directory = mkdtempSync(join(tmpdir(), 'skips-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const shown = (name: string) => relative(checkout, join(directory, name));

  it('says once why tests were skipped, by what they need and did not get', () => {
    const needsNode = write('node.test.ts', variable('OPENCLAW_IMAGE'));
    const needsBoth = write('both.test.ts', `${variable('CLUSTER_HOST')} ${variable('CHROMIUM')}`);
    const other = write('other.test.ts', variable('KUBECONFIG'));
    const own = write('own.test.ts', '');
    const skipped = new Map([
      [needsNode, 3],
      [needsBoth, 1],
      [other, 2],
      [own, 4],
    ]);
    expect(describeSkips(skipped, { kubernetes: 'no root', browser: 'no Chromium' })).toEqual([
      `5 skipped: no root (${shown('node.test.ts')}, ${shown('other.test.ts')})`,
      `1 skipped: no root; no Chromium (${shown('both.test.ts')})`,
      `4 skipped: left out by their own condition, or not asked for (${shown('own.test.ts')})`,
    ]);
  });

  it('is the counts alone, also where some were skipped', () => {
    const report = write(
      'report.json',
      JSON.stringify({
        numPassedTests: 2,
        numFailedTests: 1,
        testResults: [
          { name: '/a', status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'skipped' }] },
          { name: '/b', status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
          { name: '/c', status: 'failed', assertionResults: [] },
          { name: '/d', status: 'passed', assertionResults: [{ status: 'pending' }, { status: 'todo' }] },
          { name: '/e', status: 'passed', assertionResults: [{ status: 'pending', meta: { notShown: 'packets' } }] },
        ],
      }),
    );
    const results = readResults(report);
    expect(results.skipped).toEqual(
      new Map([
        ['/a', 1],
        ['/d', 2],
      ]),
    );
    expect(results.notShown).toEqual(['packets']);
    expect(describeResults(results)).toBe('2 passed, 2 failed');
    expect(describeResults(readResults(join(directory, 'none.json')))).toBe('0 passed, 1 failed');
  });
});
