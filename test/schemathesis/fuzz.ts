// `npm run fuzz [-- --seed n --examples n --phases stateful]`: what Schemathesis thinks of while nobody waits for it. It prints the seed that
// makes the same requests again.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { bringUp } from '../platform/bring-up.ts';
import { sweep } from '../platform/sweep.ts';
import { startFuzzPlace } from './place.ts';
import { runSchemathesis, type As } from './run-schemathesis.ts';
import { allPhases } from './settings.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, examples: { type: 'string' }, phases: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const examples = Number(values.examples ?? 25);
const phases = values.phases ?? allPhases;
if (![seed, examples].every((number) => Number.isInteger(number) && number > 0)) {
  process.stderr.write('usage: npm run fuzz -- [--seed n] [--examples n] [--phases a,b]\n');
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'open-cluster-claw-fuzz-'));
process.env.TEST_DIRECTORY = directory;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void sweep(directory).finally(() => process.exit(1)));
}

const report = (message: string): void => void process.stderr.write(`  ${message}\n`);
const none = { postgres: false, temporal: false, web: false, browser: false, kubernetes: false };
let failed = true;
try {
  const needs = { ...none, objectStorage: true, schemathesis: true };
  const platform = await bringUp(needs, directory, report, new AbortController().signal);
  Object.assign(process.env, platform.variables);
  const place = await startFuzzPlace();
  report(`seed ${seed}, ${examples} examples of each operation and phase`);
  const exits: (number | null)[] = [];
  for (const as of ['tenant administrators', 'platform administrator'] satisfies As[]) {
    report(`asked by ${as}`);
    const { exitCode } = await runSchemathesis(
      process.env.TEST_SCHEMATHESIS ?? '',
      place,
      as,
      { seed, examples, scenarios: examples * 4, steps: 30, links: 'guessed', phases },
      (chunk) => process.stdout.write(chunk),
    );
    exits.push(exitCode);
  }
  failed = exits.some((exitCode) => exitCode !== 0);
  process.stdout.write(`seed ${seed}: ${failed ? 'see above' : 'nothing found'}\n`);
  await place.stop();
  await platform.stop();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
} finally {
  await sweep(directory);
}
process.exit(failed ? 1 : 0);
