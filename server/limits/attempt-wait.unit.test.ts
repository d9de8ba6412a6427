import { describe, expect, it } from 'vitest';
import { attemptWaitSeconds, type PriorAttempts } from './attempt-wait.ts';

const nothing = { failures: 0, secondsAgo: 0 };
const wait = (prior: Partial<PriorAttempts>): number =>
  attemptWaitSeconds({ own: nothing, account: 0, place: nothing, isKnown: false, ...prior });
const times = (failures: number, secondsAgo = 0) => ({ failures, secondsAgo });

describe('the wait before the next attempt', () => {
  it('is none for the first few, and then grows up to a minute', () => {
    expect([0, 5, 6, 7, 8, 9, 11, 12, 13, 500].map((failures) => wait({ own: times(failures) }))).toEqual([
      0, 0, 1, 2, 4, 8, 32, 60, 60, 60,
    ]);
  });

  it('runs from the last failure on', () => {
    expect(wait({ own: times(9, 3) })).toBe(5);
    expect(wait({ own: times(9, 8) })).toBe(0);
    expect(wait({ own: times(0, -3) })).toBe(0);
  });

  it('is none for who has not failed himself, however many strangers guess at his account', () => {
    expect(wait({ account: 10_000 })).toBe(0);
  });

  it('comes sooner for who has failed once where an account is being guessed at, unless he is known there', () => {
    expect(wait({ own: times(1), account: 20 })).toBe(0);
    expect(wait({ own: times(1), account: 24 })).toBe(8);
    expect(wait({ own: times(1), account: 24, isKnown: true })).toBe(0);
  });

  it('is also that of a place from which many accounts are tried, unless the account is known there', () => {
    expect(wait({ place: times(50) })).toBe(0);
    expect(wait({ place: times(60) })).toBe(60);
    expect(wait({ place: times(60, 20) })).toBe(40);
    expect(wait({ place: times(60), isKnown: true })).toBe(0);
    expect(wait({ place: times(60), isKnown: true, own: times(7) })).toBe(2);
  });
});
