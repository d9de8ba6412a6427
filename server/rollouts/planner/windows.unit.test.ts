import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MaintenanceWindow } from '../rollout.types.ts';
import { inWindow } from './windows.ts';

const nightly: MaintenanceWindow = { days: [6], start: '23:00', durationMinutes: 180, timeZone: 'Europe/Berlin' };

describe('maintenance windows', () => {
  it('are open always where there are none', () => {
    fc.assert(fc.property(fc.date({ noInvalidDate: true }), (now) => inWindow([], now)));
  });

  it.each([
    // Saturday 23:00 in Berlin is 22:00 UTC in winter, 21:00 in summer.
    ['2026-11-21T21:59:59Z', false],
    ['2026-11-21T22:00:00Z', true],
    ['2026-11-22T00:59:59Z', true],
    ['2026-11-22T01:00:00Z', false],
    ['2026-11-22T22:30:00Z', false],
    ['2026-07-18T21:00:00Z', true],
    ['2026-07-18T20:59:00Z', false],
  ])('follow the wall clock of their zone, past midnight too: %s is %s', (now, open) => {
    expect(inWindow([nightly], new Date(now))).toBe(open);
  });

  it('are open when one of several is', () => {
    const noon = { ...nightly, days: [0], start: '12:00', durationMinutes: 60, timeZone: 'UTC' };
    expect(inWindow([nightly, noon], new Date('2026-11-22T12:30:00Z'))).toBe(true);
  });

  it('that cover every day and all of it never close', () => {
    const always = { days: [0, 1, 2, 3, 4, 5, 6], durationMinutes: 1_440, timeZone: 'Asia/Shanghai' };
    const start = fc.constantFrom('00:00', '03:30', '23:59');
    const instant = fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true });
    fc.assert(fc.property(start, instant, (at, now) => inWindow([{ ...always, start: at }], now)));
  });
});
