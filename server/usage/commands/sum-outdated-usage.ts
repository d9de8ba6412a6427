import type { Transaction } from '../../persistence/transaction.ts';

/**
 * Turns samples that are older than a week into sums of an hour, at the end of that hour: what is removed and what is
 * added are one statement, so that nothing is counted twice or lost.
 * @returns how many were summed up; fewer than `limit`, and there are no more
 */
export async function sumOutdatedUsage(tx: Transaction, limit: number): Promise<number> {
  const [row] = await tx.query<{ summed: number }>(
    `with outdated as (
       delete from usage_samples where ctid in (
         select ctid from usage_samples where at < now() - interval '7 days' order by at limit ?)
       returning *
     ), added as (
       insert into usage_hours
         (tenant_id, instance_id, at, calls_succeeded, calls_failed, runs, tokens_in, tokens_out, cost_micros)
       select tenant_id, instance_id, date_trunc('hour', at - interval '1 microsecond') + interval '1 hour',
         sum(calls_succeeded), sum(calls_failed), sum(runs), sum(tokens_in), sum(tokens_out), sum(cost_micros)
       from outdated group by 1, 2, 3
       on conflict (tenant_id, instance_id, at) do update set
         calls_succeeded = usage_hours.calls_succeeded + excluded.calls_succeeded,
         calls_failed = usage_hours.calls_failed + excluded.calls_failed,
         runs = usage_hours.runs + excluded.runs,
         tokens_in = usage_hours.tokens_in + excluded.tokens_in,
         tokens_out = usage_hours.tokens_out + excluded.tokens_out,
         cost_micros = usage_hours.cost_micros + excluded.cost_micros
     )
     select count(*)::int as summed from outdated`,
    [limit],
  );
  return row?.summed ?? 0;
}
