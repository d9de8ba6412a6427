// `npm run chaos -- --seed S --kills 30 --targets 200`: kills everything at random while a rollout is under way, and
// says what that did otherwise than an undisturbed run. The same seed kills the same parts in the same order.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bringUp } from '../platform/bring-up.ts';
import { sweep } from '../platform/sweep.ts';
import { rollOutInChaos } from './rollout.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    kills: { type: 'string' },
    targets: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const kills = Number(values.kills ?? 30);
const targets = Number(values.targets ?? 200);
if (![seed, kills, targets].every((number) => Number.isInteger(number) && number > 0)) {
  process.stderr.write('usage: npm run chaos -- [--seed n] [--kills n] [--targets n]\n');
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'open-cluster-claw-chaos-'));
process.env.TEST_DIRECTORY = directory;
const startedMs = performance.now();
const report = (message: string): void => {
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${message}\n`);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void sweep(directory).finally(() => process.exit(1)));
}

report(`seed ${seed}, ${kills} kills, ${targets} targets`);
const none = { postgres: false, temporal: false, web: false, browser: false, kubernetes: false };
let failed = true;
try {
  const { signal } = new AbortController();
  const storage = await bringUp({ ...none, objectStorage: true }, directory, () => undefined, signal);
  Object.assign(process.env, storage.variables);
  const rolling = rollOutInChaos({ seed, kills, targets, report });
  const [rolled] = await Promise.allSettled([rolling]);
  await storage.stop();
  if (rolled.status === 'rejected') throw rolled.reason;
  const outcome = rolled.value;
  const byPart = Map.groupBy(outcome.kills, ({ part }) => part);
  for (const [part, killed] of byPart) process.stdout.write(`killed ${part} ${killed.length}\n`);
  for (const story of outcome.excused) process.stdout.write(`THE CLUSTER'S OWN ${story}\n`);
  for (const difference of outcome.differences.slice(0, 50)) process.stdout.write(`DIFFERENT ${difference}\n`);
  failed = outcome.differences.length > 0;
  process.stdout.write(
    `seed ${seed}: ${outcome.kills.length} kills over ${outcome.rollouts} rollouts of ${targets} targets: ` +
      (failed ? `${outcome.differences.length} differences` : 'as the undisturbed run') +
      (outcome.excused.length > 0 ? `, ${outcome.excused.length} processes too many of the cluster's own\n` : '\n'),
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
} finally {
  await sweep(directory);
}
process.exit(failed ? 1 : 0);
