import { describe, expect, it } from 'vitest';
import { collected } from './frames.ts';
import { afterThose, linesOf } from './log-lines.ts';

const frame = (channel: number, text: string): Buffer => {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(channel, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
};
const [first, second] = ['2026-11-28T01:02:03.123456789Z', '2026-11-28T01:02:04Z'];

describe('lines of a log', () => {
  const read = (...chunks: Buffer[]) => collected(linesOf(chunks));

  it('have their time and their text, however the stream is cut', async () => {
    const whole = Buffer.concat([frame(1, `${first} one\n`), frame(2, `${second} ü two\n`)]);
    const wanted = [
      { at: first, text: 'one' },
      { at: second, text: 'ü two' },
    ];
    for (let at = 0; at <= whole.length; at += 1) {
      expect(await read(whole.subarray(0, at), whole.subarray(at))).toEqual(wanted);
    }
  });

  it('that come in pieces are one, beside those of the other output', async () => {
    const lines = await read(frame(1, `${first} be`), frame(2, `${second} error\n`), frame(1, `${second} gin\n`));
    expect(lines).toEqual([
      { at: second, text: 'error' },
      { at: first, text: 'begin' },
    ]);
  });

  it('may be empty, and the last may have no end', async () => {
    expect(await read(frame(1, `${first} \n`), frame(1, `${first} last`))).toEqual([
      { at: first, text: '' },
      { at: first, text: 'last' },
    ]);
  });

  it('are taken up after those that were told, whatever of their second came before', async () => {
    const said = (...texts: string[]) => texts.map((text) => frame(1, `${second} ${text}\n`));
    const after = async (told: string[], ...texts: string[]) =>
      (await collected(afterThose(linesOf(said(...texts)), second, told))).map(({ text }) => text);
    expect(await after(['b', 'c'], 'a', 'b', 'c', 'd')).toEqual(['d']);
    expect(await after(['b'], 'a', 'a', 'b', 'b')).toEqual(['b']);
    expect(await after([], 'a', 'b')).toEqual(['a', 'b']);
    const later = [frame(1, `${first} old\n`), ...said('a'), frame(1, '2026-11-28T01:02:05Z new\n')];
    expect((await collected(afterThose(linesOf(later), second, ['gone']))).map(({ text }) => text)).toEqual(['new']);
  });
});
