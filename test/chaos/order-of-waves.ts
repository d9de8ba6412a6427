import { objectNameOf } from '../../activities/runtimes/kubernetes/names.ts';
import type { ScaleProduct } from '../platform/scale-product.ts';
import type { ClusterWrite } from './cluster-writes.ts';
import type { Effects } from './effects.ts';

interface TargetRow {
  instanceId: string;
  wave: number;
  begun: Date;
  ended: Date;
}

interface WaveRow {
  number: number;
  bakeSeconds: number;
  bakeUntil: Date | null;
}

/**
 * Waves that were entered before the one before them was through and had baked: by the rows, by what the watch saw, and
 * by when the API server was asked for the first write to one of its workloads.
 */
export async function earlyWaves(
  { sql }: ScaleProduct,
  rolloutId: string,
  effects: ReadonlyMap<string, Effects>,
  writes: readonly ClusterWrite[],
): Promise<string[]> {
  const rows = await sql<TargetRow>(
    `select t.instance_id "instanceId", t.wave, o.created_at begun, o.ended_at ended
     from rollout_targets t join operations o on o.id = t.operation_id where t.rollout_id = $1`,
    rolloutId,
  );
  const waves = await sql<WaveRow>(
    `select number, bake_seconds "bakeSeconds", bake_until "bakeUntil" from rollout_waves where rollout_id = $1
     order by number`,
    rolloutId,
  );
  const began = await rolloutBegan(sql, rolloutId);
  const of = (wave: number): TargetRow[] => rows.filter((row) => row.wave === wave);
  const seen = (wave: number, when: 'changedAt' | 'readyAt'): number[] =>
    of(wave).flatMap(({ instanceId }) => effects.get(instanceId)?.[when] ?? []);
  return waves.slice(1).flatMap(({ number: wave }, index) => {
    const before = waves[index];
    const begun = Math.min(...of(wave).map((row) => row.begun.getTime()));
    const ended = Math.max(...of(wave - 1).map((row) => row.ended.getTime()));
    const changed = Math.min(...seen(wave, 'changedAt'));
    const ready = Math.max(...seen(wave - 1, 'changedAt'), ...seen(wave - 1, 'readyAt'));
    const workloads = new Set(of(wave).map(({ instanceId }) => objectNameOf(instanceId)));
    const touch = writes.find(({ at, name }) => at >= began && workloads.has(name));
    const bakedMs = before?.bakeUntil?.getTime() ?? Number.NaN;
    const bakeMs = (before?.bakeSeconds ?? Number.NaN) * 1_000;
    return [
      ...(begun >= ended ? [] : [`rows: wave ${wave} began ${ended - begun} ms before the end of the one before`]),
      ...(changed >= ready ? [] : [`watch: wave ${wave} was touched at ${changed}, the one before was up at ${ready}`]),
      ...(bakedMs >= ended + bakeMs ? [] : [`rows: wave ${wave - 1} baked until ${bakedMs}, its last ended ${ended}`]),
      ...(begun >= bakedMs ? [] : [`rows: wave ${wave} began ${bakedMs - begun} ms before the bake was over`]),
      ...(touch && touch.at.getTime() >= bakedMs
        ? []
        : [`API server: wave ${wave} was written to at ${touch?.at.toISOString()}, ${bakedMs} ends the bake`]),
    ];
  });
}

async function rolloutBegan(sql: ScaleProduct['sql'], rolloutId: string): Promise<Date> {
  const [row] = await sql<{ at: Date }>('select created_at at from rollouts where id = $1', rolloutId);
  if (!row) throw new Error(`there is no rollout ${rolloutId}`);
  return row.at;
}
