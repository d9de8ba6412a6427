import type { LogLine } from '../inside.ts';
import { framesOf } from './frames.ts';

export interface StampedLine extends LogLine {
  at: string;
}

const stamped = /^(\d{4}-\d\d-\d\dT\S+) ([\s\S]*)$/;

/**
 * Lines of a log that was asked for with timestamps. A line that is longer than the engine's buffer comes in pieces,
 * each with a timestamp: it has that of the first.
 */
export async function* linesOf(stream: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<StampedLine> {
  const open = new Map<number, StampedLine>();
  for await (const { channel, body } of framesOf(stream)) {
    for (const piece of body.toString('utf8').split(/(?<=\n)/)) {
      const [, at = '', said = piece] = stamped.exec(piece) ?? [];
      const before = open.get(channel);
      const line = before ? { at: before.at, text: before.text + said } : { at, text: said };
      if (piece.endsWith('\n')) {
        open.delete(channel);
        yield { at: line.at, text: line.text.replace(/\r?\n$/, '') };
      } else open.set(channel, line);
    }
  }
  for (const line of open.values()) yield line;
}

/** What comes after those lines of that moment; before them may be others of it, which nobody had asked for. */
export async function* afterThose(
  lines: AsyncIterable<StampedLine>,
  at: string,
  told: readonly string[],
): AsyncGenerator<StampedLine> {
  let found = told.length === 0;
  const seen: string[] = [];
  for await (const line of lines) {
    if (line.at < at) continue;
    if (found || line.at !== at) {
      found = true;
      yield line;
      continue;
    }
    seen.push(line.text);
    const first = seen.length - told.length;
    found = first >= 0 && told.every((text, index) => text === seen[first + index]);
  }
}
