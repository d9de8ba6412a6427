import type { Readable } from 'node:stream';
import { tenantsPrefix } from './tenants-prefix.ts';

/**
 * A bucket of an S3 server. Faults are `Problem`s: 'storage.unavailable' (nothing answered, worth another attempt),
 * 'storage.full', 'storage.refused' (credentials, bucket, or an object that is not there).
 */
export interface ObjectStore {
  readonly bucket: string;
  /** Answers when the bucket is there and these credentials may use it; a missing bucket is made. */
  check(signal: AbortSignal): Promise<void>;
  /**
   * Stores the whole of a stream under a key, replacing what was there. A source that fails leaves nothing behind.
   * @returns size and SHA-256 (hexadecimal) of what was sent
   */
  put(key: string, content: Readable, signal: AbortSignal): Promise<StoredObject>;
  /**
   * The object's bytes; whoever does not read them to the end destroys the stream. It fails with 'storage.unavailable'
   * where they break off, or where nothing more comes for a minute.
   */
  get(key: string, signal: AbortSignal): Promise<Readable>;
  /** Null where there is no such object. */
  stat(key: string, signal: AbortSignal): Promise<{ sizeBytes: number } | null>;
  /** Also what an upload that was cut off has left of it. Nothing there is fine. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** Keys below a prefix, in their order. */
  list(prefix: string, signal: AbortSignal): Promise<string[]>;
}

export interface StoredObject {
  sizeBytes: number;
  sha256: string;
}

/** Where the copies of an instance's state are: below its tenant's prefix. */
export const backupKeyOf = (backup: { tenantId: string; instanceId: string; id: string }): string =>
  `${tenantsPrefix}${backup.tenantId}/instances/${backup.instanceId}/${backup.id}.tar.gz`;
