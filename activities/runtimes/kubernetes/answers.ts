import type { Readable } from 'node:stream';

/** What a program says: lines of JSON first, and after them whatever it likes. */
export class Answers {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: Readable) {
    this.#chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Undefined where it ended without one. */
  async line(): Promise<unknown> {
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString('utf8');
        this.#rest = this.#rest.subarray(end + 1);
        return JSON.parse(line);
      }
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
  }

  async *rest(): AsyncGenerator<Buffer> {
    if (this.#rest.length > 0) yield this.#rest;
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done) return;
      yield next.value;
    }
  }
}
