import type { Transaction } from '../../persistence/transaction.ts';

/** A failure is forgotten after this time, the oldest first. */
const forgottenAfterSeconds = 60;
/** For so long an account is known where it was signed in to. */
const knownDays = 30;

interface CountedAttempts {
  key: string;
  /** Those that are not forgotten yet. */
  failures: number;
  secondsAgo: number;
  isKnown: boolean;
}

const clock = `select coalesce(to_timestamp(?::float8 / 1000), clock_timestamp()) as now`;
const remembered = (from: string): string =>
  `greatest(0, ${from}.failures - floor(extract(epoch from now - ${from}.failed_at) / ${forgottenAfterSeconds}))::int`;

/** Runs as the platform. @param nowMs left out: by the clock of the database */
export const readAttempts = (tx: Transaction, keys: readonly string[], nowMs?: number): Promise<CountedAttempts[]> =>
  tx.query<CountedAttempts>(
    `select kept.key, ${remembered('kept')} as failures, coalesce(kept.known_until > now(), false) as "isKnown",
       extract(epoch from clock.now - kept.failed_at)::float8 as "secondsAgo"
     from failed_attempts kept, (${clock}) clock where kept.key = any (array[?]::text[])`,
    [nowMs ?? null, keys],
  );

/** One more for each of them, in the order of the keys, so that no two wait for each other. Runs as the platform. */
export const countFailure = (tx: Transaction, keys: readonly string[], nowMs?: number): Promise<unknown> =>
  tx.query(
    `with clock as (${clock})
     insert into failed_attempts as kept (key, failures, failed_at)
     select key, 1, now from clock, unnest(array[?]::text[]) as keys (key) order by key
     on conflict (key) do update
       set failed_at = excluded.failed_at, failures = 1 + (select ${remembered('kept')} from clock)`,
    [nowMs ?? null, keys],
  );

/** The account is known at this place from now on, whatever was tried there before. Runs as the platform. */
export const rememberPlace = (tx: Transaction, keys: readonly string[]): Promise<unknown> =>
  tx.query(
    `insert into failed_attempts (key, failures, failed_at, known_until)
     select key, 0, now(), now() + interval '${knownDays} days' from unnest(array[?]::text[]) as keys (key) order by key
     on conflict (key) do update set failures = 0, known_until = excluded.known_until`,
    [keys],
  );

/** Runs as the platform. */
export const forgetOldAttempts = (tx: Transaction): Promise<unknown> =>
  tx.query(
    `delete from failed_attempts
     where failed_at < now() - make_interval(secs => ${forgottenAfterSeconds} * failures)
       and coalesce(known_until < now(), true)`,
  );
