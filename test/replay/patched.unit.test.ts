import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowSources } from '../../activities/versions/build-id.ts';
import { recordedHistories } from './histories.ts';

const packages = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** Histories of before a change, the file that it was made in, and how a run with the change differs from them. */
const changes = [
  {
    older: 'rollOut.before-phase-in-search',
    file: 'rollouts/roll-out.ts',
    patch: 'phase-in-search',
    shows: /[Uu]psert/,
  },
  ...['provisionInstance', 'syncTenant', 'updateInstance'].map((type) => ({
    older: `${type}.before-steps-at-hand`,
    file: 'lib/at-hand.ts',
    patch: 'steps-at-hand',
    shows: /No command scheduled for event .*ActivityTaskScheduled/,
  })),
];

/** The present workflows with one of their texts changed, as a bundle. */
async function bundleWith(parent: string, file: string, from: string, to: string): Promise<string> {
  const directory = mkdtempSync(join(parent, 'workflows-'));
  cpSync(workflowSources, directory, { recursive: true });
  const path = join(directory, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(directory, 'index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  return code;
}

async function differencesOn(code: string, name: string): Promise<string[]> {
  const histories = recordedHistories().filter((recorded) => recorded.name === name);
  const found: string[] = [];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { code } }, histories)) {
    if (error) found.push(error.message);
  }
  expect(histories).toHaveLength(1);
  return found;
}

describe('a run that began before its workflow was changed', { timeout: 120_000 }, () => {
  let directory: string;
  beforeAll(() => {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
    directory = mkdtempSync(join(tmpdir(), 'occ-patched-'));
    // Where the packages that workflows import are found.
    symlinkSync(packages, join(directory, 'node_modules'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(changes)('$older goes on with the code of today, and could not without the patch', async (change) => {
    const { older, file, patch, shows } = change;
    const unpatched = await bundleWith(directory, file, `!patched('${patch}')`, 'false');
    expect(await differencesOn(unpatched, older)).toEqual([expect.stringMatching(shows)]);
    const present = await bundleWith(directory, file, 'patched', 'patched');
    expect(await differencesOn(present, older)).toEqual([]);
  });
});
