// `npm test [-- vitest arguments]`: finds out what the chosen tests need, brings it up in a throw-away directory,
// runs them, stops everything, and ends with the counts.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkout } from '../deploy/local/directories.ts';
import { terminalReport } from '../deploy/local/terminal-report.ts';
import { bringUp } from './platform/bring-up.ts';
import type { TestPlatform } from './platform/bring-up.ts';
import { needsOf } from './platform/needs.ts';
import { describeResults, noResults, readResults } from './platform/results.ts';
import { describeSkips } from './platform/skips.ts';
import { sweep } from './platform/sweep.ts';

const vitest = join(checkout, 'node_modules', '.bin', 'vitest');
const vitestArguments = process.argv.slice(2);
const startedMs = performance.now();
const directory = mkdtempSync(join(tmpdir(), 'open-cluster-claw-test-'));
const interrupted = new AbortController();

async function chosenFiles(): Promise<string[]> {
  // With its own file: a bare --json takes the next argument, which may be a test, for the file to write.
  const listFile = join(directory, 'files.json');
  await promisify(execFile)(vitest, ['list', '--filesOnly', `--json=${listFile}`, ...vitestArguments], {
    cwd: checkout,
  });
  return (JSON.parse(readFileSync(listFile, 'utf8')) as { file: string }[]).map(({ file }) => file);
}

async function runVitest(reportFile: string, variables: NodeJS.ProcessEnv): Promise<void> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const child = spawn(vitest, ['run', ...reporters, ...vitestArguments], {
    cwd: checkout,
    env: { ...process.env, KUBECONFIG: undefined, ...variables },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  interrupted.signal.addEventListener('abort', () => child.kill('SIGTERM'));
  await once(child, 'exit');
}

/** Rejects on an interruption, so that nobody waits for a build that is no longer wanted. */
const interruption = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted.abort();
      reject(new Error(`Interrupted by ${signal}`));
    });
  }
});
interruption.catch(() => undefined);

const report = terminalReport();
let platform: TestPlatform | undefined;
let results = noResults();
try {
  const needs = needsOf(await chosenFiles());
  platform = await Promise.race([bringUp(needs, directory, report, interrupted.signal), interruption]);
  report(`the tests' servers are up after ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  const reportFile = join(directory, 'results.json');
  await runVitest(reportFile, { TEST_DIRECTORY: directory, ...platform.variables });
  results = readResults(reportFile);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
} finally {
  await platform?.stop();
  await sweep(directory);
}

if (interrupted.signal.aborted) results = { ...results, failed: Math.max(1, results.failed) };
const totalSeconds = Math.round((performance.now() - startedMs) / 1000);
for (const line of describeSkips(results.skipped, platform?.missing ?? {})) process.stdout.write(`${line}\n`);
for (const what of results.notShown) process.stdout.write(`skipped: ${what}\n`);
process.stdout.write(`Total time: ${Math.floor(totalSeconds / 60)} min ${totalSeconds % 60} s\n`);
process.stdout.write(`${describeResults(results)}\n`);
// Not by running out of work: after an interruption a build may still be going on.
process.exit(results.failed === 0 && results.passed > 0 ? 0 : 1);
