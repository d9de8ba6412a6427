import { describe, expect, it } from 'vitest';
import type { LogLine } from '../inside.ts';
import { LogPosition } from './log-position.ts';

const at = (fraction: string, text: string): LogLine => ({ at: `2026-11-28T01:02:03${fraction}Z`, text });

async function* linesOf(...lines: LogLine[]): AsyncGenerator<LogLine> {
  yield* lines;
}

describe('a log that is read in pieces', () => {
  const read = async (position: LogPosition, ...lines: LogLine[]): Promise<string[]> => {
    const texts: string[] = [];
    for await (const { text } of position.newOf(linesOf(...lines))) texts.push(text);
    return texts;
  };

  it('is asked for from the second of its last line on, and gives what comes after that line', async () => {
    const position = new LogPosition();
    expect(position.query()).toEqual({});
    expect(await read(position, at('.1', 'a'), at('.12', 'b'))).toEqual(['a', 'b']);
    expect(position.query()).toEqual({ sinceTime: '2026-11-28T01:02:03Z' });
    expect(await read(position, at('', 'before'), at('.1', 'a'), at('.12', 'b'), at('.123', 'c'))).toEqual(['c']);
  });

  it('tells lines of one time by their number', async () => {
    const position = new LogPosition();
    expect(await read(position, at('.5', 'a'), at('.5', 'b'))).toEqual(['a', 'b']);
    expect(await read(position, at('.5', 'a'), at('.5', 'b'), at('.50', 'c'))).toEqual(['c']);
    expect(await read(position, at('.5', 'a'), at('.5', 'b'), at('.5', 'c'), at('.5', 'd'))).toEqual(['d']);
  });

  it('begins anew with another pod, whose clock is another one', async () => {
    const position = new LogPosition();
    await read(position, at('.9', 'a'));
    position.reset();
    expect(await read(position, at('.1', 'b'))).toEqual(['b']);
  });

  it('without a line so far begins at the moment when somebody began to listen', async () => {
    const position = new LogPosition();
    position.beginAt(new Date('2026-11-28T01:02:03.400Z'));
    expect(position.query()).toEqual({ sinceTime: '2026-11-28T01:02:03Z' });
    expect(await read(position, at('.3', 'before'), at('.4', 'a'))).toEqual(['a']);
    position.beginAt(new Date('2026-11-28T01:02:09Z'));
    expect(await read(position, at('.4', 'a'), at('.5', 'b'))).toEqual(['b']);
  });
});
