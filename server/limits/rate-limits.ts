import { Lru } from '../access/lru.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import { leaseSlices, windowSeconds, type SliceOrder } from './commands/lease-slices.ts';

export type LimitName = 'address' | 'user' | 'token' | 'tenant';

/** Requests per minute; 0 for a limit that is not kept. */
export type PerMinute = Readonly<Record<LimitName, number>>;

/** Whose budget a request is taken from: of several, of each that has some left. */
export interface Ask {
  limit: LimitName;
  of: readonly string[];
}

/** What is left of a limit, as far as this replica knows. */
export interface Standing {
  limit: LimitName;
  quota: number;
  remaining: number;
  /** Until all of it is there again. */
  fullInSeconds: number;
}

export interface Refusal {
  limit: LimitName;
  quota: number;
  /** Whole seconds, at least one: then there is something again, if nobody else takes it. */
  retryAfterSeconds: number;
}

export interface Spent {
  standings: Standing[];
  refusal: Refusal | null;
}

export interface RateLimits {
  /** Takes one request from every budget, or, where one of the limits is reached, from none. */
  spend(asks: readonly Ask[]): Promise<Spent>;
  /** What `spend` would answer as far as is known without asking the database; takes nothing. */
  peek(asks: readonly Ask[]): Spent;
}

interface Options {
  db: Database;
  perMinute: PerMinute;
  /** In milliseconds since 1970. Left out, the buckets go by the clock of the database, and what is held of them by our own. */
  clock?: (() => number) | undefined;
}

/** A replica takes this part of a limit at a time: so many statements a minute are needed at most, beside refusals. */
const slicesPerQuota = 20;
const bucketsAtMost = 50_000;

/** What this replica holds of a bucket. */
interface Budget {
  quota: number;
  left: number;
  /** What the shared bucket still held. */
  beyond: number;
  fullAtMs: number;
  /** A slice that nobody used is not kept for later. */
  lapsesAtMs: number;
  /** Where the shared bucket was empty: it is not asked again before. */
  emptyUntilMs: number;
}

/**
 * Token buckets in the database that the replicas share, taken from in slices, so that most requests need no statement.
 * A slice is paid for before it is used: over any time, N replicas let through what the bucket allows, and no more
 * beyond it than the N slices that they held already.
 */
export function rateLimits({ db, perMinute, clock: given }: Options): RateLimits {
  const clock = given ?? (() => performance.now());
  const budgets = new Lru<string, Budget>(bucketsAtMost);
  const underWay = new Map<string, Promise<void>>();

  const lease = async (orders: readonly SliceOrder[]): Promise<void> => {
    const slices = await db.transaction(platformScope(), (tx) => leaseSlices(tx, orders, given?.()));
    const now = clock();
    for (const { key, granted, fullInSeconds } of slices) {
      const { quota } = orders.find((order) => order.key === key) as SliceOrder;
      const perRequest = windowSeconds / quota;
      const waitSeconds = Math.max(1, Math.ceil(fullInSeconds - windowSeconds + perRequest));
      budgets.set(key, {
        quota,
        left: granted,
        beyond: Math.max(0, Math.floor((windowSeconds - fullInSeconds) / perRequest)),
        fullAtMs: now + fullInSeconds * 1_000,
        lapsesAtMs: now + windowSeconds * 1_000,
        emptyUntilMs: granted > 0 ? 0 : now + waitSeconds * 1_000,
      });
    }
  };
  /** One exchange at a time for each bucket, whoever waits for it. */
  const leaseOnce = async (orders: readonly SliceOrder[]): Promise<void> => {
    const fresh = orders.filter(({ key }) => !underWay.has(key));
    if (fresh.length > 0) {
      const leasing = lease(fresh).finally(() => {
        for (const { key } of fresh) underWay.delete(key);
      });
      for (const { key } of fresh) underWay.set(key, leasing);
    }
    await Promise.all(orders.flatMap(({ key }) => underWay.get(key) ?? []));
  };

  const isKept = ({ limit, of }: Ask): boolean => perMinute[limit] > 0 && of.length > 0;
  const budgetsOf = ({ limit, of }: Ask): Budget[] => of.flatMap((id) => budgets.get(keyOf(limit, id)) ?? []);
  const isUnknown = (key: string, now: number): boolean => {
    const budget = budgets.get(key);
    return !budget || budget.lapsesAtMs <= now || (budget.left === 0 && budget.emptyUntilMs <= now);
  };
  const unknownOf = (asks: readonly Ask[]): SliceOrder[] => {
    const now = clock();
    return asks.flatMap(({ limit, of }) => {
      const quota = perMinute[limit];
      const wanted = Math.ceil(quota / slicesPerQuota);
      return of.map((id) => ({ key: keyOf(limit, id), quota, wanted })).filter(({ key }) => isUnknown(key, now));
    });
  };
  const refusalOf = (asks: readonly Ask[]): Refusal | null => {
    const now = clock();
    const refusals = asks.filter(isKept).flatMap((ask): Refusal[] => {
      const held = budgetsOf(ask);
      const isEmpty = ({ left, emptyUntilMs }: Budget): boolean => left === 0 && emptyUntilMs > now;
      if (held.length < ask.of.length || !held.every(isEmpty)) return [];
      const waitMs = Math.min(...held.map(({ emptyUntilMs }) => emptyUntilMs)) - now;
      return [{ limit: ask.limit, quota: perMinute[ask.limit], retryAfterSeconds: Math.ceil(waitMs / 1_000) }];
    });
    return refusals.toSorted((one, other) => other.retryAfterSeconds - one.retryAfterSeconds)[0] ?? null;
  };
  const standingOf = (ask: Ask): Standing => {
    const now = clock();
    const most = budgetsOf(ask).toSorted((one, other) => other.left + other.beyond - one.left - one.beyond)[0];
    return {
      limit: ask.limit,
      quota: perMinute[ask.limit],
      remaining: most ? most.left + most.beyond : 0,
      fullInSeconds: most ? Math.max(0, Math.ceil((most.fullAtMs - now) / 1_000)) : 0,
    };
  };

  const peek = (asks: readonly Ask[]): Spent => ({
    standings: asks.filter(isKept).map(standingOf),
    refusal: refusalOf(asks),
  });

  return {
    peek,
    async spend(asked) {
      const asks = asked.filter(isKept);
      for (let orders = unknownOf(asks); orders.length > 0; orders = unknownOf(asks)) await leaseOnce(orders);
      if (!refusalOf(asks)) {
        for (const budget of asks.flatMap(budgetsOf)) budget.left = Math.max(0, budget.left - 1);
        return { standings: asks.map(standingOf), refusal: null };
      }
      return peek(asks);
    },
  };
}

const keyOf = (limit: LimitName, id: string): string => `${limit}/${id}`;
