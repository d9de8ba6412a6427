import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { livingProcess } from '../../deploy/local/process-identity.ts';
import { bringUp } from '../platform/bring-up.ts';
import { placeInstancesLike } from '../platform/place-instances.ts';
import { provisionInstances, startScaleProduct, type ScaleProduct } from '../platform/scale-product.ts';
import { publishTemplate } from '../platform/scale-template.ts';
import { prepareBareRollout } from './bare-rollout.ts';
import { quantile, spreadOf, type Figure } from './figures.ts';
import { operationTimes } from './operation-times.ts';
import { residentMiB, takenBy, type Taken } from './process-costs.ts';
import { eventsPerMinute, rollOutThroughProduct, type RolledOut } from './product-rollout.ts';
import type { BenchOptions } from './run.ts';

const window = 50;
/** As the real agent takes, measured. */
const realProveSeconds = 5;
const fewer = 200;

/**
 * A configuration brought to many simulated agents by a rollout, against a bare script that writes the same objects and
 * asks the same questions. First with agents that prove as slowly as the real one, then with those that do at once:
 * that is the overhead itself.
 */
export async function benchRollout(options: BenchOptions): Promise<Figure[]> {
  const { pairs, instances, report, keep } = options;
  const none = { postgres: false, temporal: false, web: false, browser: false, kubernetes: false };
  const storage = keep(
    await bringUp({ ...none, objectStorage: true }, options.directory, () => undefined, new AbortController().signal),
  );
  Object.assign(process.env, storage.variables);
  const place = keep(await startScaleProduct(report));
  const template = await publishTemplate(place);
  await place.scale.script([{ script: { proveSeconds: 0 } }]);
  const [first = ''] = await provisionInstances(place, 1, { more: template });
  const ids = await placeInstancesLike(place, first, instances);
  report(`${instances} instances run`);
  const bare = keep(await prepareBareRollout(place));
  const parts = partsOf(place, options.directory);
  const workerMiB = (): number => residentMiB(parts.worker);
  const throughProduct = (note: string, instanceIds?: string[]): Promise<RolledOut> =>
    rollOutThroughProduct(place, template, { note, window, workerMiB, instanceIds });

  report('warming up, and the memory over fewer targets');
  await throughProduct('warm-up', ids.slice(0, 50));
  await place.scale.script([{ script: { proveSeconds: realProveSeconds } }]);
  const small = await throughProduct('fewer', ids.slice(0, fewer));

  const measured: { product: RolledOut; bareMs: number }[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const before = pair % 2 === 1 ? await throughProduct(`pair-${pair}`) : undefined;
    const bareMs = await bare.run(`bare-${pair}`, window);
    const product = before ?? (await throughProduct(`pair-${pair}`));
    measured.push({ product, bareMs });
    report(`pair ${pair}: product ${inSeconds(product.tookMs)} s, bare ${inSeconds(bareMs)} s`);
  }
  const last = measured.at(-1)?.product.rolloutId ?? '';
  const times = await operationTimes(place, last, { name: 'rollout', window });
  const events = await Promise.all(measured.map(({ product }) => eventsPerMinute(place, product)));

  report('agents that prove at once');
  await place.scale.script([{ script: { proveSeconds: 0 } }]);
  const productBefore = takenBy(parts);
  const atOnce = await throughProduct('at-once');
  const productAfter = takenBy(parts);
  const bareAtOnceMs = await bare.run('bare-at-once', window);

  const workers = measured.map(({ product }) => product.workerMiB);
  return [
    { name: 'rollout-targets', value: instances },
    ...spreadOf(
      'rollout-ratio',
      measured.map(({ product, bareMs }) => product.tookMs / bareMs),
      { atMost: 1.5 },
    ),
    seconds(
      'rollout-product',
      measured.map(({ product }) => product.tookMs),
    ),
    seconds(
      'rollout-bare',
      measured.map(({ bareMs }) => bareMs),
    ),
    ...times,
    { name: 'rollout-events-per-minute', value: Math.max(...events), target: { atMost: 20 } },
    { name: `rollout-worker-memory-${fewer}`, value: Math.round(small.workerMiB), unit: 'MiB' },
    { name: `rollout-worker-memory-${instances}`, value: Math.round(Math.max(...workers)), unit: 'MiB' },
    { name: 'rollout-worker-memory-growth', value: Math.max(...workers) / small.workerMiB, target: { atMost: 1.2 } },
    { name: 'rollout-at-once-targets-per-second', value: perSecond(instances, atOnce.tookMs) },
    { name: 'rollout-at-once-bare-targets-per-second', value: perSecond(instances, bareAtOnceMs) },
    { name: 'rollout-at-once-ratio', value: atOnce.tookMs / bareAtOnceMs },
    ...(await operationTimes(place, atOnce.rolloutId, { name: 'rollout-at-once', window })),
    ...cpuFigures(productBefore, productAfter, instances, atOnce.tookMs),
  ];
}

const inSeconds = (ms: number): string => (ms / 1_000).toFixed(1);
const perSecond = (count: number, ms: number): number => (count * 1_000) / ms;
const seconds = (name: string, ms: number[]): Figure => ({ name, value: quantile(ms, 0.5) / 1_000, unit: 's' });

/** What limits it: the time of the processors that each part took for a target, and how much of all there is. */
function cpuFigures(
  before: Record<string, Taken>,
  after: Record<string, Taken>,
  targets: number,
  tookMs: number,
): Figure[] {
  const spent = Object.entries(after).map(([name, { cpuSeconds }]) => ({
    name,
    cpuMs: (cpuSeconds - (before[name]?.cpuSeconds ?? 0)) * 1_000,
  }));
  const all = spent.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  return [
    { name: 'rollout-at-once-processors-busy', value: all / tookMs },
    ...spent
      .toSorted((left, right) => right.cpuMs - left.cpuMs)
      .map(({ name, cpuMs }) => ({
        name: `rollout-at-once-cpu-per-target-${name}`,
        value: cpuMs / targets,
        unit: 'ms',
      })),
  ];
}

function partsOf({ product, scale }: ScaleProduct, directory: string): Record<string, number | undefined> {
  const started = (name: string): number | undefined =>
    readdirSync(directory)
      .filter((entry) => entry.startsWith(`${name}-`))
      .map((entry) => livingProcess(join(directory, entry, `${name}.pid`)))
      .find((pid) => pid !== undefined);
  return {
    api: product.api.pid(),
    worker: product.worker.pid(),
    observer: product.observer.pid(),
    temporal: started('temporal'),
    postgres: started('postgres'),
    agents: scale.agentsPid(),
    bench: process.pid,
    ...Object.fromEntries(scale.kubernetes.parts.map(({ name, pid }) => [name, pid])),
  };
}
