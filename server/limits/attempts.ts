import { createHash } from 'node:crypto';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import { networkOf } from '../http/client-address.ts';
import { ProblemWithHeaders } from '../http/problem-with-headers.ts';
import { hashSessionToken } from '../identity/session-token.ts';
import type { Metrics } from '../observability/metrics.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { attemptWaitSeconds } from './attempt-wait.ts';
import { countFailure, readAttempts, rememberPlace } from './commands/count-attempts.ts';
import { retryAfter } from './limit-headers.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Somebody comes with a secret. */
export interface Attempt {
  address: string;
  /** The name that was typed, whether or not there is such an account; for other secrets, what they say that they are for. */
  name: string;
  /** The session cookie that came with it, which may have ended: it tells a browser in which the account was used. */
  sessionToken: string | null;
}

export interface Attempts {
  /**
   * Makes an attempt, or has it wait: the wait is refused, not slept. What ends with a code of `wrong` has failed. A name
   * that nobody has is counted as one that somebody has, by the same statements.
   * @throws Problem 'access.too-many-attempts', before `work` begins
   */
  make<Result>(attempt: Attempt, wrong: readonly ProblemCode[], work: () => Promise<Result>): Promise<Result>;
}

interface Deps {
  db: Database;
  metrics: Pick<Metrics, 'limited'>;
  /** In milliseconds since 1970; left out, the clock of the database. */
  clock?: (() => number) | undefined;
}

/** How many secrets of one place are looked at together: so many more than allowed can be tried at most, per replica. */
const togetherPerPlace = 8;

/** Counts in the database, so that the replicas share it. */
export function attempts({ db, metrics, clock }: Deps): Attempts {
  const inOrder = oneAtATime();
  const fewTogether = oneAtATime(togetherPerPlace);

  /** @returns what counts if it fails, the person's own before all else */
  const admit = async (attempt: Attempt): Promise<[own: string, ...others: string[]]> => {
    const keys = keysOf(attempt);
    const { device, counted } = await db.transaction(platformScope(), async (tx) => {
      const key = await deviceOf(tx, attempt);
      const rows = await readAttempts(tx, [...Object.values(keys), ...(key ? [key] : [])], clock?.());
      return { device: key, counted: new Map(rows.map((row) => [row.key, row])) };
    });
    const of = (key: string) => counted.get(key) ?? { failures: 0, secondsAgo: 0, isKnown: false };
    // A browser that is known counts for itself, so that nobody who shares its address is in its way.
    const own = device ?? keys.own;
    const waitSeconds = attemptWaitSeconds({
      own: of(own),
      account: of(keys.account).failures,
      place: of(keys.place),
      isKnown: device !== null || of(keys.own).isKnown,
    });
    if (waitSeconds === 0) return [own, keys.account, keys.place];
    metrics.limited.inc({ limit: 'attempts' });
    const extra = { retryAfterSeconds: waitSeconds };
    throw new ProblemWithHeaders('access.too-many-attempts', retryAfter(extra), { extra });
  };

  const makeNow: Attempts['make'] = async (attempt, wrong, work) => {
    const [own, ...others] = await admit(attempt);
    try {
      const result = await work();
      await db.transaction(platformScope(), (tx) => rememberPlace(tx, [...new Set([own, keysOf(attempt).own])]));
      return result;
    } catch (error) {
      if (error instanceof Problem && wrong.includes(error.code)) {
        await db.transaction(platformScope(), (tx) => countFailure(tx, [own, ...others], clock?.()));
      }
      throw error;
    }
  };

  return {
    make: (attempt, wrong, work) =>
      inOrder(keysOf(attempt).own, () => fewTogether(networkOf(attempt.address), () => makeNow(attempt, wrong, work))),
  };
}

/** A browser in which the account that is named was signed in to; its session may have ended since. */
async function deviceOf(tx: Transaction, { name, sessionToken }: Attempt): Promise<string | null> {
  if (sessionToken === null) return null;
  const [session] = await tx.query<{ id: string }>(
    `select s.id from sessions s join users u on u.id = s.user_id where s.token_hash = ? and u.name = ?`,
    [hashSessionToken(sessionToken), name],
  );
  return session ? `device/${session.id}` : null;
}

function keysOf({ name, address }: Attempt): { own: string; account: string; place: string } {
  const account = createHash('sha256').update(name).digest('base64url');
  const place = networkOf(address);
  return { own: `own/${account}/${place}`, account: `account/${account}`, place: `place/${place}` };
}
