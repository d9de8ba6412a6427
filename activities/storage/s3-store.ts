import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client, S3Error, type ClientOptions } from 'minio';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { StorageConfig } from '../../server/config.ts';
import { inPieces } from './in-pieces.ts';
import { incoming } from './incoming.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { stallClock } from './stall-clock.ts';
import { storageProblemOf } from './storage-faults.ts';

/** The client buffers one part; without a size it would take half a gigabyte for it. Times 10,000 is the largest object. */
const partSizeBytes = 16 * 1024 * 1024;
const answerWithinMs = 20_000;
const stallsAfterMs = 60_000;

/** The whole of a bucket, or what the given credentials reach of it. */
interface S3Place extends Omit<StorageConfig, 'sts'> {
  /** In place of the keys, which are then only what the credentials are asked for with. */
  credentials?: ClientOptions['credentialsProvider'];
}

/** Any S3 server, through the `minio` client; the region is given so that it does not ask for it first. */
export function s3Store(
  { endpoint, accessKey, secretKey, bucket, region, credentials }: S3Place,
  { stalledAfterMs = stallsAfterMs } = {},
): ObjectStore {
  const url = new URL(endpoint);
  const useSSL = url.protocol === 'https:';
  const options: ClientOptions = {
    endPoint: url.hostname,
    port: url.port === '' ? (useSSL ? 443 : 80) : Number(url.port),
    useSSL,
    ...(credentials ? { credentialsProvider: credentials } : { accessKey, secretKey }),
    region,
    pathStyle: true,
    partSize: partSizeBytes,
    // Steps have their own retries, with what they wait for shown.
    retryOptions: { disableRetry: true },
  };
  const client = new Client(options);

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
      const clock = stallClock(stalledAfterMs);
      const sender = new Client({ ...options, transport: inPieces(useSSL ? https : http, clock.moved) });
      const metered = meter(clock.moved);
      try {
        // Of an attempt that died in the middle: the client would go on with its parts.
        await ask(signal, () => abandon(key));
        const feeding = pipeline(content, metered.stream, { signal });
        // The client does not notice a source that fails; this does, and the upload is taken back below.
        const failing = feeding.then(() => new Promise<never>(() => undefined));
        const sending = sender.putObject(bucket, key, metered.stream);
        for (const one of [failing, sending]) one.catch(() => undefined);
        await bounded(signal, clock.stalled, () => Promise.race([sending, failing]));
        return metered.result();
      } catch (error) {
        await ask(AbortSignal.timeout(answerWithinMs), () => abandon(key)).catch(
          () => undefined, // Where the storage is away there is nobody to tell; the next upload of the key finds it.
        );
        throw error;
      } finally {
        content.destroy();
        metered.stream.destroy();
        clock.stop();
      }
    },
    async get(key, signal) {
      const answer = await ask(signal, () => client.getObject(bucket, key));
      return incoming(answer, stalledAfterMs, (error) => storageProblemOf(error, signal));
    },
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
    remove: (key, signal) =>
      ask(signal, async () => {
        await abandon(key);
        await client.removeObject(bucket, key);
      }),
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
  result(): StoredObject;
}

/** Counts and hashes what passes. */
function meter(moved: () => void): Meter {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      moved();
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  // Whoever reads or writes learns of it by its own error; without a listener the process would end.
  stream.on('error', () => undefined);
  return { stream, result: () => ({ sizeBytes, sha256: hash.digest('hex') }) };
}
