import { expect, it } from 'vitest';
import { intervalOf, intervalText, secondsOf } from './interval.ts';

it('is told in the largest unit that says it in a whole number', () => {
  expect(intervalOf(90)).toEqual({ amount: 90, unit: 'second' });
  expect(intervalOf(900)).toEqual({ amount: 15, unit: 'minute' });
  expect(intervalOf(172_800)).toEqual({ amount: 2, unit: 'day' });
  for (const seconds of [10, 61, 3_600, 604_800]) expect(secondsOf(intervalOf(seconds))).toBe(seconds);
});

it('is told in the language of the person', () => {
  expect(intervalText(3_600, 'en')).toBe('1 hour');
  expect(intervalText(900, 'en')).toBe('15 minutes');
  expect(intervalText(900, 'zh-CN')).toBe('15分钟');
});
