import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client, S3Error } from 'minio';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { StorageConfig } from '../../server/config.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { storageProblemOf } from './storage-faults.ts';

/** The client buffers one part; without a size it would take half a gigabyte for it. Times 10,000 is the largest object. */
const partSizeBytes = 16 * 1024 * 1024;
const answerWithinMs = 20_000;
/** The client has no clock of its own: a transfer in which nothing moves for so long is given up. */
const stalledAfterMs = 60_000;

/** Any S3 server, through the `minio` client; the region is given so that it does not ask for it first. */
export function s3Store({ endpoint, accessKey, secretKey, bucket, region }: StorageConfig): ObjectStore {
  const url = new URL(endpoint);
  const useSSL = url.protocol === 'https:';
  const client = new Client({
    endPoint: url.hostname,
    port: url.port === '' ? (useSSL ? 443 : 80) : Number(url.port),
    useSSL,
    accessKey,
    secretKey,
    region,
    pathStyle: true,
    partSize: partSizeBytes,
    // Steps have their own retries, with what they wait for shown.
    retryOptions: { disableRetry: true },
  });

  const ask = <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> =>
    bounded(signal, AbortSignal.timeout(answerWithinMs), call);

  const abandon = async (key: string): Promise<void> => {
    const uploadId = await client.findUploadId(bucket, key);
    if (uploadId) await client.abortMultipartUpload(bucket, key, uploadId);
  };

  return {
    bucket,
    check: (signal) =>
      ask(signal, async () => {
        if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, region);
      }),
    async put(key, content, signal) {
      const metered = meter();
      try {
        // Of an attempt that died in the middle: the client would go on with its parts.
        await ask(signal, () => abandon(key));
        const feeding = pipeline(content, metered.stream, { signal });
        // The client does not notice a source that fails; this does, and the upload is taken back below.
        const failing = feeding.then(() => new Promise<never>(() => undefined));
        const sending = client.putObject(bucket, key, metered.stream);
        for (const one of [failing, sending]) one.catch(() => undefined);
        await bounded(signal, metered.stalled, () => Promise.race([sending, failing]));
        return metered.result();
      } catch (error) {
        await ask(AbortSignal.timeout(answerWithinMs), () => abandon(key)).catch(
          () => undefined, // Where the storage is away there is nobody to tell; the next upload of the key finds it.
        );
        throw error;
      } finally {
        content.destroy();
        metered.stop();
      }
    },
    get: (key, signal) => ask(signal, () => client.getObject(bucket, key)),
    stat: (key, signal) =>
      ask(signal, async () => {
        try {
          const { size } = await client.statObject(bucket, key);
          return { sizeBytes: size };
        } catch (error) {
          if (error instanceof S3Error && (error.code === 'NotFound' || error.code === 'NoSuchKey')) return null;
          throw error;
        }
      }),
    remove: (key, signal) => ask(signal, () => client.removeObject(bucket, key)),
    list: (prefix, signal) =>
      ask(signal, async () => {
        const keys: string[] = [];
        for await (const { name } of client.listObjectsV2(bucket, prefix, true)) if (name) keys.push(name);
        return keys;
      }),
  };
}

/** Stands where no storage was configured. */
export function noStore(): ObjectStore {
  const refuse = (): Promise<never> =>
    Promise.reject(new Problem('storage.refused', 'No object storage is configured: set S3_ENDPOINT for the workers.'));
  return { bucket: '', check: refuse, put: refuse, get: refuse, stat: refuse, remove: refuse, list: refuse };
}

/** The client takes no signal, so that what it is still at when we give up goes on unheard. */
async function bounded<T>(signal: AbortSignal, clock: AbortSignal, call: () => Promise<T>): Promise<T> {
  const either = AbortSignal.any([signal, clock]);
  const { promise: over, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(either.reason as Error);
  either.addEventListener('abort', onAbort, { once: true });
  try {
    either.throwIfAborted();
    const asked = call();
    asked.catch(() => undefined);
    return await Promise.race([asked, over]);
  } catch (error) {
    throw storageProblemOf(error, signal);
  } finally {
    either.removeEventListener('abort', onAbort);
  }
}

interface Meter {
  stream: Transform;
  /** Aborted when nothing has moved for too long. */
  stalled: AbortSignal;
  result(): StoredObject;
  stop(): void;
}

/** Counts and hashes what passes. */
function meter(): Meter {
  const hash = createHash('sha256');
  const stalled = new AbortController();
  let sizeBytes = 0;
  const giveUp = (): void => stalled.abort(new DOMException('Nothing moved any more', 'TimeoutError'));
  const timer = setTimeout(giveUp, stalledAfterMs);
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  // Whoever reads or writes learns of it by its own error; without a listener the process would end.
  stream.on('error', () => undefined);
  return {
    stream,
    stalled: stalled.signal,
    result: () => ({ sizeBytes, sha256: hash.digest('hex') }),
    stop() {
      clearTimeout(timer);
      stream.destroy();
    },
  };
}
