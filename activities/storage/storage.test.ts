import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packState } from '../../test/fakes/scripted-state.ts';
import { startStorageFront, type StorageFront } from '../../test/fakes/storage-front.ts';
import { ownBucket, startOwnObjectStorage } from '../../test/platform/s3.ts';
import type { LocalObjectStorage } from '../../deploy/local/object-storage.ts';
import { verifyCopy } from '../backups/state-copy.ts';
import type { ObjectStore } from './object-store.ts';
import { s3Store } from './s3-store.ts';

const signal = new AbortController().signal;
const region = 'us-east-1';
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

describe('the object storage', { timeout: 60_000 }, () => {
  let store: ObjectStore;
  beforeAll(async () => {
    store = s3Store({ ...ownBucket(), region });
    await store.check(signal);
  });

  it('keeps what it was given, and says what that was', async () => {
    const content = randomBytes(100_000);
    expect(await store.put('a/one', Readable.from([content.subarray(0, 7), content.subarray(7)]), signal)).toEqual({
      sizeBytes: 100_000,
      sha256: sha256(content),
    });
    expect(sha256(await buffer(await store.get('a/one', signal)))).toBe(sha256(content));
    expect(await store.stat('a/one', signal)).toEqual({ sizeBytes: 100_000 });
    expect(await store.stat('a/other', signal)).toBeNull();
  });

  it('takes what is larger than one part, without knowing its size', async () => {
    const block = randomBytes(1024 * 1024);
    const hash = createHash('sha256');
    const blocks = Array.from({ length: 37 }, () => (hash.update(block), block));
    const stored = await store.put('large', Readable.from(blocks), signal);
    expect(stored).toEqual({ sizeBytes: 37 * block.length, sha256: hash.digest('hex') });
    const back = createHash('sha256');
    for await (const chunk of await store.get('large', signal)) back.update(chunk as Buffer);
    expect(back.digest('hex')).toBe(stored.sha256);
  });

  it('lists and removes', async () => {
    for (const key of ['b/1', 'b/2', 'c/1']) await store.put(key, Readable.from([Buffer.from(key)]), signal);
    expect(await store.list('b/', signal)).toEqual(['b/1', 'b/2']);
    await store.remove('b/1', signal);
    await store.remove('b/1', signal);
    expect(await store.list('b/', signal)).toEqual(['b/2']);
  });

  it('keeps nothing of a source that fails, and the next attempt succeeds', async () => {
    async function* failing() {
      yield randomBytes(20 * 1024 * 1024);
      throw new Error('the pod is gone');
    }
    await expect(store.put('broken', Readable.from(failing()), signal)).rejects.toThrow('the pod is gone');
    expect(await store.stat('broken', signal)).toBeNull();
    await store.put('broken', Readable.from([Buffer.from('whole')]), signal);
    expect((await buffer(await store.get('broken', signal))).toString()).toBe('whole');
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    async function* endless() {
      for (;;) {
        yield randomBytes(1024);
        await sleep(20);
      }
    }
    setTimeout(() => controller.abort(reason), 300);
    await expect(store.put('endless', Readable.from(endless()), controller.signal)).rejects.toBe(reason);
    expect(await store.stat('endless', signal)).toBeNull();
  });

  it('says that it refuses wrong credentials', async () => {
    const stranger = s3Store({ ...ownBucket(), secretKey: 'wrong', region });
    await expect(stranger.check(signal)).rejects.toMatchObject({ code: 'storage.refused' });
  });

  it('has nothing under a key that was never written', async () => {
    await expect(store.get('never', signal)).rejects.toMatchObject({ code: 'storage.refused' });
  });
});

describe('an object storage in trouble', { timeout: 90_000 }, () => {
  let server: LocalObjectStorage;
  let store: ObjectStore;
  const some = () => Readable.from([randomBytes(2_000_000)]);
  beforeAll(async () => {
    server = await startOwnObjectStorage();
    store = s3Store({ ...server, region });
    await store.check(signal);
  }, 60_000);
  afterAll(() => server?.stop());

  it('is unavailable while it is away, and has what it had when it is back', async () => {
    await store.put('kept', some(), signal);
    await server.kill('SIGKILL');
    await expect(store.check(signal)).rejects.toMatchObject({ code: 'storage.unavailable' });
    await expect(store.put('new', some(), signal)).rejects.toMatchObject({ code: 'storage.unavailable' });
    await server.restart();
    expect(await store.stat('kept', signal)).toEqual({ sizeBytes: 2_000_000 });
    await expect.poll(() => store.put('new', some(), signal).catch(() => null), { timeout: 30_000 }).not.toBeNull();
  });

  it('is full where nothing more goes in, and goes on when there is room again', async () => {
    const front = await startStorageFront(server);
    try {
      const filled = s3Store({ ...front, region });
      front.isFull = true;
      await expect(filled.put('more', some(), signal)).rejects.toMatchObject({ code: 'storage.full' });
      expect(await filled.stat('more', signal)).toBeNull();
      front.isFull = false;
      expect(await filled.put('more', some(), signal)).toMatchObject({ sizeBytes: 2_000_000 });
    } finally {
      await front.stop();
    }
  });

  describe('that stands still', () => {
    const stalledAfterMs = 1_500;
    let front: StorageFront;
    let impatient: ObjectStore;
    beforeEach(async () => {
      front = await startStorageFront(server);
      impatient = s3Store({ ...front, region }, { stalledAfterMs });
    });
    afterEach(() => front.stop());
    const large = randomBytes(6_000_000);

    it('in the middle of what it gives is unavailable, not waited for', async () => {
      await store.put('given', Readable.from([large]), signal);
      front.isHanging = true;
      const coming = await impatient.get('given', signal);
      await expect(buffer(coming)).rejects.toMatchObject({ code: 'storage.unavailable' });
      front.isHanging = false;
      expect(sha256(await buffer(await store.get('given', signal)))).toBe(sha256(large));
    });

    it('in the middle of a copy that is read back leaves it unverified', async () => {
      const archive = packState({ version: '1', work: Array.from({ length: 5_000 }, (_none, at) => `${at}`) });
      await store.put('archive', Readable.from([archive]), signal);
      front.isHanging = true;
      await expect(verifyCopy(impatient, 'archive', sha256(archive), signal)).rejects.toMatchObject({
        code: 'storage.unavailable',
      });
    });

    it('is no matter of a reader who takes his time', async () => {
      await store.put('given', Readable.from([large]), signal);
      const hash = createHash('sha256');
      let isFirst = true;
      for await (const chunk of await impatient.get('given', signal)) {
        if (isFirst) await sleep(stalledAfterMs * 1.5);
        isFirst = false;
        hash.update(chunk as Buffer);
      }
      expect(hash.digest('hex')).toBe(sha256(large));
    });

    it('is no matter of a slow line either: a part may take as long as it takes, while it moves', async () => {
      const part = randomBytes(16_000_000);
      const patienceMs = 3_000;
      // What the system itself keeps in between is sent at once; that is less than half of it.
      front.takesPerSecond = 4_000_000;
      const begunMs = Date.now();
      const slow = s3Store({ ...front, region }, { stalledAfterMs: patienceMs });
      expect(await slow.put('slow', Readable.from([part]), signal)).toMatchObject({ sizeBytes: part.length });
      expect(Date.now() - begunMs).toBeGreaterThan(patienceMs);
    });

    it('while it is given something is given up', async () => {
      front.takesPerSecond = 1;
      await expect(impatient.put('never', Readable.from([large]), signal)).rejects.toMatchObject({
        code: 'storage.unavailable',
      });
    });
  });
});
