/** What failed before, and is not forgotten yet. */
export interface PriorAttempts {
  /** By this person, as far as he can be told from others: for this account from this place. */
  own: { failures: number; secondsAgo: number };
  /** For this account, from wherever. */
  account: number;
  /** From this place, for whatever account. */
  place: { failures: number; secondsAgo: number };
  /** The account was signed in to from this place, or the browser still holds a session of it. */
  isKnown: boolean;
}

const freeAttempts = { own: 5, account: 20, place: 50 } as const;
const longestWaitSeconds = 60;

/** Nothing for the first few, then 1, 2, 4 … seconds. */
const growing = (failures: number, free: number): number =>
  failures <= free ? 0 : Math.min(longestWaitSeconds, 2 ** (failures - free - 1));

/**
 * How long the next attempt has to wait. Every wait begins with a failure of one's own, or of one's place: no stranger
 * elsewhere can keep anybody out. Where an account is being guessed at from many places, whoever is not known there has
 * one free attempt instead of five, and waits longer after it; the owner in his usual place notices nothing.
 */
export function attemptWaitSeconds({ own, account, place, isKnown }: PriorAttempts): number {
  const mine = growing(own.failures, freeAttempts.own);
  if (isKnown) return left(mine, own.secondsAgo);
  const besieged = own.failures > 0 ? growing(account, freeAttempts.account) : 0;
  return Math.max(
    left(Math.max(mine, besieged), own.secondsAgo),
    left(growing(place.failures, freeAttempts.place), place.secondsAgo),
  );
}

const left = (waitSeconds: number, secondsAgo: number): number =>
  waitSeconds === 0 ? 0 : Math.max(0, Math.ceil(waitSeconds - secondsAgo));
