import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/**
 * Reads a copy back from its storage: the same bytes as were sent, a whole compressed archive, with something in it.
 * @throws Problem 'backup.failed', 'storage.unavailable'
 */
export async function verifyCopy(store: ObjectStore, key: string, sha256: string, signal: AbortSignal): Promise<void> {
  const stored = await store.get(key, signal);
  const hash = createHash('sha256');
  // Strict: whatever of the archive is not as it should be is an error, not a warning.
  const parser = new Parser({ strict: true });
  let entries = 0;
  parser.on('entry', (entry) => {
    entries += 1;
    entry.resume();
  });
  try {
    await pipeline(stored, hashed(hash), createGunzip(), asWritable(parser), { signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Problem) throw error;
    throw new Problem('backup.failed', `The copy is no archive: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
  if (hash.digest('hex') !== sha256) throw new Problem('backup.failed', 'The copy is not what was sent.');
  if (entries === 0) throw new Problem('backup.failed', 'The copy is empty.');
}

function hashed(hash: ReturnType<typeof createHash>) {
  return async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

/** The parser is a stream of another family, with its own idea of back-pressure. */
function asWritable(parser: Parser) {
  return async function (source: AsyncIterable<Buffer>): Promise<void> {
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    parser.on('error', failed.reject);
    for await (const chunk of source) {
      if (parser.write(chunk)) continue;
      const drained = new Promise<void>((resolve) => parser.once('drain', resolve));
      await Promise.race([drained, failed.promise]);
    }
    const ended = new Promise<void>((resolve) => parser.once('end', resolve));
    parser.end();
    await Promise.race([ended, failed.promise]);
  };
}
