import { expect, it } from 'vitest';
import { duration, relativeTime } from './format-time.ts';

const now = Date.parse('2026-11-22T12:00:00Z');

it('says how long ago in the words of the language', () => {
  expect(relativeTime('2026-11-22T11:55:10Z', now, 'en')).toBe('4 minutes ago');
  expect(relativeTime('2026-11-22T12:00:20Z', now, 'en')).toBe('in 20 seconds');
  expect(relativeTime('2026-11-20T12:00:00Z', now, 'zh-CN')).toBe('前天');
});

it('says how long something took', () => {
  expect([12, 12_440, 200_000, 7_300_000].map(duration)).toEqual(['12 ms', '12.4 s', '3 min 20 s', '2 h 1 min']);
  expect([60_000, 3_600_000].map(duration)).toEqual(['1 min', '1 h']);
});
