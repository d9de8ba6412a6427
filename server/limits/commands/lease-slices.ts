import type { Transaction } from '../../persistence/transaction.ts';

/** Every limit is so many requests in this time; a bucket holds as many, and fills up again in it. */
export const windowSeconds = 60;

export interface SliceOrder {
  key: string;
  quota: number;
  /** How many at most; never more than the quota. */
  wanted: number;
}

export interface Slice {
  key: string;
  granted: number;
  /** Until the bucket is full again. */
  fullInSeconds: number;
}

/**
 * Takes a slice out of each of these buckets, or what is left of it: one statement, whatever their number. In the order
 * of the keys, so that no two replicas wait for each other. Runs as the platform.
 *
 * A bucket is known by the time at which it is full (GCRA): each request moves that by its share of the window, and
 * there is nothing to be had where it is a whole window ahead. Rounding to microseconds is what the 0.01 is for.
 * @param nowMs left out: by the clock of the database, which all replicas share
 */
export const leaseSlices = (tx: Transaction, orders: readonly SliceOrder[], nowMs?: number): Promise<Slice[]> =>
  tx.query<Slice>(
    `with clock as (select coalesce(to_timestamp(?::float8 / 1000), clock_timestamp()) as now)
     insert into rate_limits as kept (key, quota, granted, full_at)
     select key, quota, wanted, now + ${share('wanted', 'quota')}
     from clock, jsonb_to_recordset(?::jsonb) as orders (key text, quota int, wanted int) order by key
     on conflict (key) do update set (quota, granted, full_at) = (
       select excluded.quota, given, beginning + ${share('given', 'excluded.quota')}
       from (select now, greatest(kept.full_at, now) as beginning from clock) bucket
       cross join lateral (select greatest(0, least(excluded.granted, floor(
         (${windowSeconds} - extract(epoch from beginning - now)) * excluded.quota / ${windowSeconds} + 0.01)))::int as given) slice)
     returning key, granted, extract(epoch from full_at - (select now from clock))::float8 as "fullInSeconds"`,
    [nowMs ?? null, JSON.stringify(orders)],
  );

const share = (requests: string, quota: string): string =>
  `make_interval(secs => ${windowSeconds}.0 * ${requests} / ${quota})`;

/** Buckets that are full again are as if they had never been. Runs as the platform. */
export const forgetFullBuckets = (tx: Transaction): Promise<unknown> =>
  tx.query(`delete from rate_limits where full_at < now()`);
