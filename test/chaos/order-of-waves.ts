import type { ScaleProduct } from '../platform/scale-product.ts';
import type { Effects } from './effects.ts';

interface TargetRow {
  instanceId: string;
  wave: number;
  begun: Date;
  ended: Date;
}

/** Waves that were entered before the one before them was through, by the rows and by what the watch saw. */
export async function earlyWaves(
  { sql }: ScaleProduct,
  rolloutId: string,
  effects: ReadonlyMap<string, Effects>,
): Promise<string[]> {
  const rows = await sql<TargetRow>(
    `select t.instance_id "instanceId", t.wave, o.created_at begun, o.ended_at ended
     from rollout_targets t join operations o on o.id = t.operation_id where t.rollout_id = $1`,
    rolloutId,
  );
  const waves = [...new Set(rows.map(({ wave }) => wave))].toSorted((a, b) => a - b);
  const of = (wave: number): TargetRow[] => rows.filter((row) => row.wave === wave);
  const seen = (wave: number, when: 'changedAt' | 'readyAt'): number[] =>
    of(wave).flatMap(({ instanceId }) => effects.get(instanceId)?.[when] ?? []);
  return waves.slice(1).flatMap((wave) => {
    const begun = Math.min(...of(wave).map((row) => row.begun.getTime()));
    const ended = Math.max(...of(wave - 1).map((row) => row.ended.getTime()));
    const changed = Math.min(...seen(wave, 'changedAt'));
    const ready = Math.max(...seen(wave - 1, 'changedAt'), ...seen(wave - 1, 'readyAt'));
    return [
      ...(begun < ended ? [`rows: wave ${wave} began ${ended - begun} ms before the end of the one before`] : []),
      ...(changed < ready ? [`watch: wave ${wave} was touched at ${changed}, the one before was up at ${ready}`] : []),
    ];
  });
}
