import { Readable } from 'node:stream';
import { stallClock } from './stall-clock.ts';

/**
 * What comes from the storage, until it is through. The clock runs only while somebody waits for it: a reader may take
 * all the time that it needs. A source that stands still or breaks off fails with what `faultOf` makes of that.
 */
export function incoming(source: Readable, stalledAfterMs: number, faultOf: (error: unknown) => unknown): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    const iterator = source.iterator({ destroyOnReturn: true }) as AsyncIterableIterator<Buffer>;
    try {
      for (;;) {
        const next = await unlessStalled(() => iterator.next(), stalledAfterMs);
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      throw faultOf(error);
    }
  }
  const stream = Readable.from(chunks(), { objectMode: false });
  stream.once('close', () => source.destroy());
  return stream;
}

async function unlessStalled<T>(next: () => Promise<T>, stalledAfterMs: number): Promise<T> {
  const clock = stallClock(stalledAfterMs);
  const { promise: over, reject } = Promise.withResolvers<never>();
  clock.stalled.addEventListener('abort', () => reject(clock.stalled.reason as Error), { once: true });
  try {
    const coming = next();
    coming.catch(() => undefined);
    return await Promise.race([coming, over]);
  } finally {
    clock.stop();
  }
}
