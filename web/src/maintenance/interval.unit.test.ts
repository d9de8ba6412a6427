import { expect, it } from 'vitest';
import { intervalOf, isTaken, intervalText, secondsOf } from './interval.ts';

it('is told in the largest unit that says it in a whole number', () => {
  expect(intervalOf(90)).toEqual({ amount: 90, unit: 'second' });
  expect(intervalOf(900)).toEqual({ amount: 15, unit: 'minute' });
  expect(intervalOf(172_800)).toEqual({ amount: 2, unit: 'day' });
  for (const seconds of [10, 61, 3_600, 604_800]) expect(secondsOf(intervalOf(seconds))).toBe(seconds);
});

it('is taken from ten seconds to seven days', () => {
  expect(isTaken({ amount: 10, unit: 'second' })).toBe(true);
  expect(isTaken({ amount: 9, unit: 'second' })).toBe(false);
  expect(isTaken({ amount: 7, unit: 'day' })).toBe(true);
  expect(isTaken({ amount: 8, unit: 'day' })).toBe(false);
  expect(isTaken({ amount: 1.5, unit: 'second' })).toBe(false);
});

it('is told in the language of the person', () => {
  expect(intervalText(3_600, 'en')).toBe('1 hour');
  expect(intervalText(900, 'en')).toBe('15 minutes');
  expect(intervalText(900, 'zh-CN')).toBe('15分钟');
});
