import { expect, it } from 'vitest';
import { nextRunOf } from './next-run.ts';

const at = (time: string) => new Date(`2026-11-27T${time}Z`);

it('is at the next full interval of the clock', () => {
  expect(nextRunOf({ everySeconds: 900, paused: false }, at('10:07:12'))).toEqual(at('10:15:00'));
  expect(nextRunOf({ everySeconds: 900, paused: false }, at('10:15:00'))).toEqual(at('10:30:00'));
  expect(nextRunOf({ everySeconds: 7_200, paused: false }, at('10:07:12'))).toEqual(at('12:00:00'));
});

it('is not known while paused', () => {
  expect(nextRunOf({ everySeconds: 900, paused: true }, at('10:07:12'))).toBeNull();
});
