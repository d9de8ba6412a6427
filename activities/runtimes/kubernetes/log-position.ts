import type { LogLine } from '../inside.ts';
import type { Query } from './cluster.ts';

/** How far the log of one pod has been read. Its lines bear times of one clock, which two of them may share. */
export class LogPosition {
  #at = '';
  /** How many lines of exactly that time were read. */
  #count = 0;

  /** All of it is new. */
  reset(): void {
    this.#at = '';
    this.#count = 0;
  }

  /** Where no line has been read yet, nothing of before this moment is wanted. */
  beginAt(moment: Date): void {
    if (this.#at === '') this.#at = comparable(moment.toISOString());
  }

  /** Asks for a little too much: the cluster cuts the time to whole seconds. */
  query(): Query {
    return this.#at === '' ? {} : { sinceTime: `${this.#at.slice(0, 19)}Z` };
  }

  /** Those that were not read before. */
  async *newOf(lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
    const { at: readUntil, count: alreadyRead } = { at: this.#at, count: this.#count };
    let same = 0;
    for await (const line of lines) {
      const at = comparable(line.at ?? '');
      if (at < readUntil) continue;
      if (at === readUntil && ++same <= alreadyRead) continue;
      this.#count = at === this.#at ? this.#count + 1 : 1;
      this.#at = at;
      yield line;
    }
  }
}

/** The cluster leaves out zeros at the end: with all nine digits the order of texts is that of times. */
function comparable(at: string): string {
  const [seconds = '', fraction = ''] = at.replace('Z', '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
