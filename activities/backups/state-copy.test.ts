import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { packState } from '../../test/fakes/scripted-state.ts';
import { ownBucket } from '../../test/platform/s3.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { s3Store } from '../storage/s3-store.ts';
import { verifyCopy } from './state-copy.ts';

const { signal } = new AbortController();
const whole = packState({ version: '1', work: Array.from({ length: 5_000 }, (_none, index) => `turn ${index}`) });

describe('a copy of state', () => {
  let store: ObjectStore;
  beforeAll(async () => {
    store = s3Store({ ...ownBucket(), region: 'us-east-1' });
    await store.check(signal);
  });

  const verified = async (content: Buffer, sha256 = createHash('sha256').update(content).digest('hex')) => {
    await store.put('copy', Readable.from([content]), signal);
    return verifyCopy(store, 'copy', sha256, signal);
  };

  it('is verified when all of it can be read back', async () => {
    await expect(verified(whole)).resolves.toBeUndefined();
  });

  it.each<[string, () => Promise<void>]>([
    ['is another one than was sent', () => verified(whole, '0'.repeat(64))],
    ['is cut off', () => verified(whole.subarray(0, whole.length - 20))],
    ['is no compressed archive', () => verified(Buffer.from('nothing of the kind'))],
    ['holds nothing', () => verified(gzipSync(Buffer.alloc(1024)))],
    ['holds what is no archive', () => verified(gzipSync(Buffer.alloc(4096, 'x')))],
  ])('fails when it %s', async (_case, verification) => {
    await expect(verification()).rejects.toMatchObject({ code: 'backup.failed' });
  });
});
