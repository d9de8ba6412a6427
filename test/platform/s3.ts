import { randomBytes } from 'node:crypto';
import type { LocalObjectStorage, ObjectStorage } from '../../deploy/local/object-storage.ts';
import { startObjectStorage } from '../../deploy/local/object-storage.ts';
import type { StorageConfig } from '../../server/config.ts';
import { throwAwayDirectory } from './directory.ts';
import { provided } from './environment.ts';

/** A bucket of one's own on the S3 server that all suites share; it is made at the first use. */
export function ownBucket(): ObjectStorage {
  return {
    endpoint: provided('TEST_S3_ENDPOINT'),
    accessKey: provided('TEST_S3_ACCESS_KEY'),
    secretKey: provided('TEST_S3_SECRET_KEY'),
    bucket: `test-${randomBytes(5).toString('hex')}`,
  };
}

/** The same as the worker is told of it. */
export function ownStorage(bucket = ownBucket()): StorageConfig {
  return { ...bucket, region: 'us-east-1', sts: { endpoint: bucket.endpoint, roleArn: null } };
}

/** A server of one's own, to be killed and restarted at will. The caller stops it. */
export function startOwnObjectStorage(): Promise<LocalObjectStorage> {
  return startObjectStorage({ directory: throwAwayDirectory('object-storage'), report: () => undefined });
}
