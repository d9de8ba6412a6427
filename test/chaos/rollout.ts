import { setTimeout as sleep } from 'node:timers/promises';
import type { Stored } from '../../activities/runtimes/kubernetes/objects.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { ClusterRecord } from '../e2e/support/cluster-record.ts';
import { placeInstancesLike } from '../platform/place-instances.ts';
import { provisionInstances, startScaleProduct, type ScaleProduct } from '../platform/scale-product.ts';
import { publishTemplate, type Template } from '../platform/scale-template.ts';
import { disturb, type Kill } from './disturb.ts';
import { baselineOf, effectsOn, shapeOf, type Baseline, type Effects } from './effects.ts';
import { earlyWaves } from './order-of-waves.ts';
import { randomFrom } from './random.ts';

export interface ChaosOptions {
  seed: number;
  kills: number;
  targets: number;
  /** Left out: the agents take the change as they run. */
  restarts?: boolean;
  report: (message: string) => void;
}

export interface ChaosOutcome {
  kills: Kill[];
  rollouts: number;
  /** What a disturbed rollout did otherwise than the undisturbed one; nothing, when all is well. */
  differences: string[];
}

const endsWithinMs = 20 * 60_000;
const waves = [
  { size: { count: 5 }, concurrency: 5, bakeSeconds: 2 },
  { size: { percent: 30 }, concurrency: 20, bakeSeconds: 2 },
  { size: { rest: true }, concurrency: 20 },
];

/**
 * A rollout over many instances that nobody disturbs, then the same while everything that it needs is killed again and
 * again, as often as it takes to use all kills up. A change that the agents take as they run must begin no process at
 * all. With one that restarts them a process too many is seen as well; that may also be the cluster's own doing: a
 * controller that has lost its API server deletes pods by name from what it remembers.
 */
export async function rollOutInChaos({
  seed,
  kills,
  targets,
  restarts = false,
  report,
}: ChaosOptions): Promise<ChaosOutcome> {
  const random = randomFrom(seed);
  const place = await startScaleProduct(report);
  let record: ClusterRecord | undefined;
  try {
    const template = await publishTemplate(place);
    await place.scale.script([{ script: { proveSeconds: 1 } }]);
    const [first = ''] = await provisionInstances(place, 1, { more: template });
    const instanceIds = await placeInstancesLike(place, first, targets);
    report(`${targets} instances run`);
    record = await ClusterRecord.begin(place.cluster);
    const run = { place, template, record, instanceIds, restarts, report };

    const undisturbed = await rollOut(run, 'undisturbed');
    const expected = new Set([...undisturbed.effects.values()].map(shapeOf));
    report(`undisturbed: ${undisturbed.phase}, each instance ${[...expected].join(' or ')}`);
    const differences = [...undisturbed.faults];
    if (expected.size !== 1) differences.push('the undisturbed rollout did not do the same to each instance');
    const [shape = ''] = expected;

    const killed: Kill[] = [];
    let rollouts = 0;
    while (killed.length < kills) {
      rollouts += 1;
      let over = false;
      const name = `disturbed-${rollouts}`;
      const rolling = rollOut(run, name).finally(() => {
        over = true;
      });
      rolling.catch(() => undefined);
      killed.push(...(await disturb(place, kills - killed.length, { random, report, isOver: () => over })));
      const disturbed = await rolling;
      report(`${name}: ${disturbed.phase} after ${killed.length} kills`);
      differences.push(...disturbed.faults.map((fault) => `${name}: ${fault}`));
      for (const [instanceId, effects] of disturbed.effects) {
        const is = shapeOf(effects);
        if (is !== shape) differences.push(`${name}: ${instanceId} had ${is} instead of ${shape}`);
      }
    }
    return { kills: killed, rollouts, differences };
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
  restarts: boolean;
  report: (message: string) => void;
}

interface RolledOut {
  phase: string;
  effects: Map<string, Effects>;
  faults: string[];
}

/** One rollout to its end, whatever happens meanwhile, and what the watch and the rows say of it. */
async function rollOut(
  { place, template, record, instanceIds, restarts, report }: Run,
  name: string,
): Promise<RolledOut> {
  const { administrator, must, projectId, sql } = place;
  const { templateId, templateVersion: version } = template;
  const baseline = await presentState(place, record);
  const { id } = await must(
    administrator.post('/rollouts', {
      name,
      change: {
        kind: 'configuration',
        templateId,
        version,
        variables: { note: name, ...(restarts && { setting: name }) },
      },
      selection: { projectId },
      strategy: { waves },
    }),
    201,
  );
  let told = '';
  const phase = await waitUntil(
    async () => {
      const [row] = await sql<{ phase: string; reason: string | null; updated: number }>(
        `select phase, pause_reason reason,
           (select count(*)::int from rollout_targets t where t.rollout_id = r.id and t.phase = 'Updated') updated
         from rollouts r where id = $1`,
        id,
      );
      if (row && Math.floor(row.updated / 20) !== Number(told)) {
        told = String(Math.floor(row.updated / 20));
        report(`${name}: ${row.phase}, ${row.updated} updated`);
      }
      if (row?.reason) return `${row.phase} (${row.reason})`;
      if (!row || ['Pending', 'Progressing', 'RollingBack'].includes(row.phase)) throw new Error(`it is ${row?.phase}`);
      return row.phase;
    },
    { timeoutMs: endsWithinMs, everyMs: 500 },
  );
  // What the watch is still to be told of.
  await sleep(3_000);
  const effects = new Map(instanceIds.map((instanceId) => [instanceId, effectsOn(record, baseline, instanceId)]));
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
    ...(await earlyWaves(place, id, effects)),
  ];
  return { phase, effects, faults };
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
