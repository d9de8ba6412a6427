import { setTimeout as sleep } from 'node:timers/promises';
import { allSettled } from '../../deploy/local/all-settled.ts';
import type { Stored } from '../../activities/runtimes/kubernetes/objects.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { ClusterRecord } from '../e2e/support/cluster-record.ts';
import { placeInstancesLike } from '../platform/place-instances.ts';
import { provisionInstances, startScaleProduct, type ScaleProduct } from '../platform/scale-product.ts';
import { publishTemplate, type Template } from '../platform/scale-template.ts';
import { attribute } from './attribution.ts';
import { readClusterWrites } from './cluster-writes.ts';
import { disturb, type Kill } from './disturb.ts';
import { baselineOf, effectsOn, shapeOf, type Baseline } from './effects.ts';
import { wrongContents } from './expected-state.ts';
import { earlyWaves } from './order-of-waves.ts';
import { randomFrom } from './random.ts';

export interface ChaosOptions {
  seed: number;
  kills: number;
  targets: number;
  report: (message: string) => void;
}

export interface ChaosOutcome {
  kills: Kill[];
  rollouts: number;
  /** What a disturbed rollout did otherwise than the undisturbed one; nothing, when all is well. */
  differences: string[];
  /**
   * Processes too many of which it is proven, by who asked the API server for what, that the controller of the cluster
   * began them by itself; each with its story.
   */
  excused: string[];
}

/** What agents take by a restart, and what they take as they run. */
type Kind = 'restart' | 'hot';

/** To each instance, whoever is killed meanwhile. */
const wanted = {
  restart: { configurations: 1, specifications: 1, processes: 1 },
  hot: { configurations: 1, specifications: 0, processes: 0 },
} as const satisfies Record<Kind, object>;

const endsWithinMs = 20 * 60_000;
const waves = [
  { size: { count: 5 }, concurrency: 5, bakeSeconds: 2 },
  { size: { percent: 30 }, concurrency: 20, bakeSeconds: 2 },
  { size: { rest: true }, concurrency: 20 },
];

/**
 * A rollout over many instances that nobody disturbs, then the same while everything that it needs is killed again and
 * again, as often as it takes to use all kills up: half of them over changes that restart the agents, so that processes
 * that are lost or doubled are seen, the others over changes that may begin none at all.
 */
export async function rollOutInChaos({ seed, kills, targets, report }: ChaosOptions): Promise<ChaosOutcome> {
  const random = randomFrom(seed);
  const place = await startScaleProduct(report, { audited: true });
  let record: ClusterRecord | undefined;
  try {
    const template = await publishTemplate(place);
    await place.scale.script([{ script: { proveSeconds: 1 } }]);
    const [model = ''] = await provisionInstances(place, 1, { more: template });
    const instanceIds = await placeInstancesLike(place, model, targets);
    report(`${targets} instances run`);
    record = await ClusterRecord.begin(place.cluster);
    const run = { place, template, record, instanceIds, report };
    const outcome: ChaosOutcome = { kills: [], rollouts: 0, differences: [], excused: [] };
    const take = (name: string, { faults, excused }: RolledOut): void => {
      const [first] = faults;
      report(
        `${name}: ${faults.length} differences, ${excused.length} of the cluster's own${first ? `: ${first}` : ''}`,
      );
      outcome.differences.push(...faults.map((fault) => `${name}: ${fault}`));
      outcome.excused.push(...excused.map((story) => `${name}: ${story}`));
    };

    const shares = { restart: Math.ceil(kills / 2), hot: Math.floor(kills / 2) };
    for (const kind of ['restart', 'hot'] as const) {
      const undisturbed = `undisturbed-${kind}`;
      take(undisturbed, await rollOut(run, undisturbed, kind));
      for (let left = shares[kind], n = 1; left > 0; n += 1) {
        const name = `disturbed-${kind}-${n}`;
        const most = left;
        const rolled = await rollOut(run, name, kind, (isOver) => disturb(place, most, { random, report, isOver }));
        take(name, rolled);
        outcome.kills.push(...rolled.kills);
        outcome.rollouts += 1;
        left -= rolled.kills.length;
      }
    }
    return outcome;
  } finally {
    await record?.end();
    await place.stop();
  }
}

interface Run {
  place: ScaleProduct;
  template: Template;
  record: ClusterRecord;
  instanceIds: string[];
  report: (message: string) => void;
}

interface RolledOut {
  kills: Kill[];
  faults: string[];
  excused: string[];
}

/**
 * One rollout to its end, whatever happens meanwhile, and what the watch, the API server and the rows say of it.
 * @param disturbing kills until the rollout is over, and ends when everything is back
 */
async function rollOut(
  run: Run,
  name: string,
  kind: Kind,
  disturbing: (isOver: () => boolean) => Promise<Kill[]> = () => Promise.resolve([]),
): Promise<RolledOut> {
  const { place, template, record, instanceIds } = run;
  const { administrator, must, projectId, sql } = place;
  const { templateId, templateVersion: version } = template;
  const baseline = await presentState(place, record);
  const from = new Date();
  const variables = { note: name, ...(kind === 'restart' && { setting: name }) };
  const { id } = await must(
    administrator.post('/rollouts', {
      name,
      change: { kind: 'configuration', templateId, version, variables },
      selection: { projectId },
      strategy: { waves },
    }),
    201,
  );
  let over = false;
  const rolling = ended(run, name, id).finally(() => {
    over = true;
  });
  const [phase, kills] = await allSettled([rolling, disturbing(() => over)]);
  // What the watch is still to be told of.
  await sleep(3_000);
  const stretch = { from, to: new Date(), kills };
  const effects = new Map(instanceIds.map((instanceId) => [instanceId, effectsOn(record, baseline, instanceId)]));
  const writes = readClusterWrites(place.scale.auditLog());
  const wrong = await sql<{ phase: string; operations: number; n: number }>(
    `select t.phase, (select count(*)::int from operations o
         where o.rollout_id = t.rollout_id and o.instance_id = t.instance_id) operations, count(*)::int n
     from rollout_targets t where t.rollout_id = $1 group by 1, 2`,
    id,
  );
  const targets = wrong.reduce((sum, { n }) => sum + n, 0);
  const faults = [
    ...(phase === 'Succeeded' ? [] : [`it ended ${phase}`]),
    ...(targets === instanceIds.length ? [] : [`it had ${targets} targets instead of ${instanceIds.length}`]),
    ...wrong
      .filter((row) => row.phase !== 'Updated' || row.operations !== 1)
      .map((row) => `${row.n} targets are ${row.phase} after ${row.operations} operations`),
    ...(await earlyWaves(place, id, effects, writes)),
    ...(await wrongContents(place, id, { note: name, setting: kind === 'restart' ? name : null })),
  ];
  const excused: string[] = [];
  const shape = shapeOf(wanted[kind]);
  for (const [instanceId, own] of effects) {
    const is = shapeOf(own);
    if (is === shape && own.lateWrites.length === 0) continue;
    const { objections, story } = attribute(instanceId, writes, stretch, wanted[kind].specifications);
    const told = [`${instanceId} had ${is} instead of ${shape}`, ...own.lateWrites, ...story].join('\n    ');
    // Nothing but processes too many may be excused.
    const isMoreOnly =
      own.lateWrites.length === 0 &&
      own.processes > wanted[kind].processes &&
      shapeOf({ ...own, processes: wanted[kind].processes }) === shape;
    if (isMoreOnly && objections.length === 0) excused.push(told);
    else faults.push([told, ...objections].join('\n    '));
  }
  return { kills, faults, excused };
}

/** The phase in which a rollout came to rest. */
async function ended({ place, report }: Run, name: string, rolloutId: string): Promise<string> {
  let told = 0;
  return waitUntil(
    async () => {
      const [row] = await place.sql<{ phase: string; reason: string | null; updated: number }>(
        `select phase, pause_reason reason,
           (select count(*)::int from rollout_targets t where t.rollout_id = r.id and t.phase = 'Updated') updated
         from rollouts r where id = $1`,
        rolloutId,
      );
      if (row && Math.floor(row.updated / 20) !== told) {
        told = Math.floor(row.updated / 20);
        report(`${name}: ${row.phase}, ${row.updated} updated`);
      }
      if (row?.reason) return `${row.phase} (${row.reason})`;
      if (!row || ['Pending', 'Progressing', 'RollingBack'].includes(row.phase)) throw new Error(`it is ${row?.phase}`);
      return row.phase;
    },
    { timeoutMs: endsWithinMs, everyMs: 500 },
  );
}

async function presentState({ cluster }: ScaleProduct, record: ClusterRecord): Promise<Baseline> {
  const kinds = ['ConfigMap', 'StatefulSet', 'Pod'] as const;
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { items } = await cluster.list(kind, undefined, {}, AbortSignal.timeout(30_000));
      return items.map((object): Stored => Object.assign(object, { kind }));
    }),
  );
  return baselineOf(record, lists.flat());
}
