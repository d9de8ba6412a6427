import { describe, expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

describe('one at a time', () => {
  it('keeps to the number for each key and to the order, also when one fails', async () => {
    const inTurn = oneAtATime(2);
    const log: string[] = [];
    let together = 0;
    const work = (name: string) => async (): Promise<void> => {
      together += 1;
      log.push(`${name} with ${together}`);
      await Promise.resolve();
      together -= 1;
      if (name === 'b') throw new Error('b fails');
    };
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => inTurn('key', work(name))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(log.map((line) => line[0])).toEqual(['a', 'b', 'c', 'd']);
    expect(log.every((line) => /with [12]$/.test(line))).toBe(true);

    const never = inTurn('other', () => new Promise<void>(() => {}));
    expect(await Promise.race([never, inTurn('key', async () => 'goes on')])).toBe('goes on');
  });
});
