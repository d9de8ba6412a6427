// `npm run bench -- list|cost|start|rollout|rollout-page|rights|boot [--pairs n]`: brings up what the bench needs in a throw-away
// directory, runs it, stops everything, and prints the figures last, a line each: `name value target met|missed`.
import { mkdtempSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sweep } from '../platform/sweep.ts';
import { lineOf, type Figure } from './figures.ts';

export interface BenchOptions {
  pairs: number;
  /** Of a rollout. */
  instances: number;
  /** Removed at the end, with every process that has left its number there. */
  directory: string;
  /** Of boot: with what was built before, and only the start that finds its data. */
  warm: boolean;
  /** Of boot: with a local Kubernetes in the place of this machine. */
  kubernetes: boolean;
  report: (message: string) => void;
  /** Ends what a bench started, last first, whatever happens. */
  keep: <Part extends { stop(): Promise<unknown> }>(part: Part) => Part;
}

const benches: Record<string, () => Promise<(options: BenchOptions) => Promise<Figure[]>>> = {
  list: async () => (await import('./list.ts')).benchList,
  cost: async () => (await import('./cost.ts')).benchCost,
  start: async () => (await import('./start.ts')).benchStart,
  rollout: async () => (await import('./rollout.ts')).benchRollout,
  boot: async () => (await import('./boot.ts')).benchBoot,
  rights: async () => (await import('./rights.ts')).benchRights,
  'rollout-page': async () => (await import('./rollout-page.ts')).benchRolloutPage,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string' },
    instances: { type: 'string' },
    warm: { type: 'boolean', default: false },
    kubernetes: { type: 'boolean', default: false },
  },
});
const load = benches[positionals[0] ?? ''];
const pairs = Number(values.pairs ?? 10);
const instances = Number(values.instances ?? 1_000);
if (!load || positionals.length > 1 || ![pairs, instances].every((n) => Number.isInteger(n) && n > 0)) {
  process.stderr.write(
    `usage: npm run bench -- ${Object.keys(benches).join('|')} [--pairs n] [--instances n] [--warm] [--kubernetes]\n`,
  );
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'open-cluster-claw-bench-'));
process.env.TEST_DIRECTORY = directory;
const startedMs = performance.now();
const report = (message: string): void => {
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${message}\n`);
};
const kept: { stop(): Promise<unknown> }[] = [];
let failed = false;

async function stopAll(): Promise<void> {
  for (const part of kept.splice(0).toReversed()) {
    await part.stop().catch((error: unknown) => report(`something did not stop: ${String(error)}`));
  }
  await sweep(directory);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void stopAll().finally(() => process.exit(1));
  });
}

let figures: Figure[] = [];
try {
  const bench = await load();
  figures = await bench({
    pairs,
    instances,
    directory,
    warm: values.warm,
    kubernetes: values.kubernetes,
    report,
    keep: (part) => {
      kept.push(part);
      return part;
    },
  });
} catch (error) {
  failed = true;
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
} finally {
  await stopAll();
}

const cores = cpus();
process.stdout.write(
  `${new Date().toISOString().slice(0, 10)}, ${cores.length} x ${cores[0]?.model.trim() ?? 'unknown'}, ` +
    `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}\n`,
);
for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`);
process.exit(failed ? 1 : 0);
