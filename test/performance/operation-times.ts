import type { ScaleProduct } from '../platform/scale-product.ts';
import type { Figure } from './figures.ts';

/**
 * Where the time of a rollout's operations went, as medians of what their rows say: from the booking to the first step,
 * each step, what lies between the steps, and from the end of an operation until a place in the window was filled.
 */
export async function operationTimes(
  { sql }: ScaleProduct,
  rolloutId: string,
  { name, window }: { name: string; window: number },
): Promise<Figure[]> {
  const rows = await sql<{ part: string; ms: number }>(
    `with own as (
       select id, created_at, ended_at from operations where rollout_id = $1
     ), step as (
       select s.name, s.position, s.ended_at - s.started_at took,
         s.started_at - coalesce(lag(s.ended_at) over one, o.created_at) before, o.id
       from own o join operation_steps s on s.operation_id = o.id window one as (partition by o.id order by s.position)
     ), begun as (
       select created_at, row_number() over (order by created_at) n from own
     ), ended as (
       select ended_at, row_number() over (order by ended_at) n from own
     ), times as (
       select 1 kind, 0 position, 'until-first-step' part, before took from step where position = 1
       union all select 2, position, 'step-' || name, took from step
       union all select 3, position, 'before-step-' || name, before from step where position > 1
       union all select 4, 0, 'before-settled', o.ended_at - (select max(ended_at) from operation_steps s where s.operation_id = o.id)
         from own o
       union all select 5, 0, 'whole-operation', ended_at - created_at from own
       union all select 6, 0, 'until-refilled', b.created_at - e.ended_at from begun b join ended e on b.n = e.n + $2
     )
     select part, (extract(epoch from percentile_cont(0.5) within group (order by took)) * 1000)::float ms
     from times group by kind, position, part order by kind, position`,
    rolloutId,
    window,
  );
  return rows.map(({ part, ms }) => ({ name: `${name}-${part}`, value: ms, unit: 'ms' }));
}
