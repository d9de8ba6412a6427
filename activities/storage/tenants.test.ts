import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client, CopyDestinationOptions, CopySourceOptions } from 'minio';
import { beforeAll, describe, expect, it } from 'vitest';
import { ownStorage } from '../../test/platform/s3.ts';
import type { StorageConfig } from '../../server/config.ts';
import { backupKeyOf, type ObjectStore } from './object-store.ts';
import { s3Storage, type Storage } from './storage.ts';
import { tenantCredentials } from './tenant-credentials.ts';

const { signal } = new AbortController();
const [own, other] = [randomUUID(), randomUUID()];
const keyOf = (tenantId: string, id = 'copy') => backupKeyOf({ tenantId, instanceId: 'instance', id });
const content = () => Readable.from([Buffer.from('what an agent remembers')]);

/** Keys that are the other tenant's, the platform's, or made to be read as theirs. */
const foreignKeys = [
  keyOf(other),
  'audit/checkpoints/platform/1.json',
  `tenants/${own}`,
  `tenants/${own}x/copy`,
  `tenants/${own}/../${other}/instances/instance/copy.tar.gz`,
  `tenants/${own}//../${other}/copy`,
  `tenants/${own}/%2e%2e/${other}/copy`,
  `tenants/${own}/..%2f${other}/copy`,
  String.raw`tenants/${own}/..\${other}/copy`,
  `tenants/${own.toUpperCase()}X/copy`,
  `/tenants/${own}/copy`,
  `tenants/${own}/a\u0000b`,
  '',
];

const callsOf = (store: ObjectStore, key: string): (() => Promise<unknown>)[] => [
  () => store.get(key, signal),
  () => store.stat(key, signal),
  () => store.put(key, content(), signal),
  () => store.remove(key, signal),
  () => store.list(key, signal),
];

describe('the storage of one tenant', { timeout: 60_000 }, () => {
  let config: StorageConfig;
  let storage: Storage;
  beforeAll(async () => {
    config = ownStorage();
    storage = s3Storage(config);
    await storage.platform.check(signal);
    await storage.of(other).put(keyOf(other), content(), signal);
    await storage.platform.put('audit/checkpoints/platform/1.json', content(), signal);
  });

  it('does all that copies need, and what comes in parts too', async () => {
    const store = storage.of(own);
    await store.check(signal);
    expect(await store.put(keyOf(own), content(), signal)).toMatchObject({ sizeBytes: 23 });
    expect(await text(await store.get(keyOf(own), signal))).toBe('what an agent remembers');
    expect(await store.list(`tenants/${own}/`, signal)).toEqual([keyOf(own)]);
    const parts = Array.from({ length: 20 }, () => Buffer.alloc(1024 * 1024));
    expect(await store.put(keyOf(own, 'large'), Readable.from(parts), signal)).toMatchObject({ sizeBytes: 20_971_520 });
    await store.remove(keyOf(own, 'large'), signal);
    expect(await store.stat(keyOf(own, 'large'), signal)).toBeNull();
  });

  it.each(foreignKeys)('refuses %j before it asks anybody', async (key) => {
    const nowhere = s3Storage({ ...config, endpoint: 'http://127.0.0.1:1' });
    for (const call of callsOf(nowhere.of(own), key)) {
      await expect(call()).rejects.toMatchObject({ code: 'storage.refused' });
    }
  });

  it('is nobody’s whose id is none', () => {
    for (const id of ['', '..', `${own}/../${other}`, '*']) {
      expect(() => storage.of(id)).toThrow(/storage\.refused/);
    }
  });

  it('is not the platform’s either', async () => {
    for (const call of callsOf(storage.platform, keyOf(other))) {
      await expect(call()).rejects.toMatchObject({ code: 'storage.refused' });
    }
  });

  it('is not to be had with a key that the server does not know', async () => {
    const wrong = s3Storage({ ...config, secretKey: 'another one' });
    await expect(wrong.of(own).stat(keyOf(own), signal)).rejects.toMatchObject({
      code: 'storage.refused',
      detail: expect.not.stringContaining('another one'),
    });
  });

  describe('whose credentials get into other hands, or into code that mixes tenants up', () => {
    let client: Client;
    let strange: Client;
    let bucket: string;
    beforeAll(() => {
      ({ bucket } = config);
      const { hostname: endPoint, port } = new URL(config.endpoint);
      const prefix = `tenants/${own}/`;
      const credentialsProvider = tenantCredentials(config, config.sts ?? { endpoint: '', roleArn: null }, {
        id: own,
        prefix,
      });
      const at = { endPoint, port: Number(port), useSSL: false, region: config.region, pathStyle: true };
      const retryOptions = { disableRetry: true };
      client = new Client({ ...at, retryOptions, credentialsProvider });
      strange = new Client({ ...at, retryOptions, accessKey: config.accessKey, secretKey: config.secretKey });
    });

    const listed = async (prefix: string): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const item of client.listObjectsV2(bucket, prefix, true)) found.push(item);
      return found;
    };
    const denied = (call: () => Promise<unknown>) => expect(call()).rejects.toMatchObject({ code: 'AccessDenied' });

    it('are refused by the server for keys of others', async () => {
      for (const key of [keyOf(other), 'audit/checkpoints/platform/1.json', `tenants/${own}`, `tenants/${own}x/copy`]) {
        await denied(() => client.getObject(bucket, key));
        await denied(() => client.statObject(bucket, key));
        await denied(() => client.putObject(bucket, key, 'changed'));
        await denied(() => client.removeObject(bucket, key));
        await denied(() => client.initiateNewMultipartUpload(bucket, key, {}));
      }
      const source = new CopySourceOptions({ Bucket: bucket, Object: keyOf(other) });
      const target = new CopyDestinationOptions({ Bucket: bucket, Object: keyOf(own, 'stolen') });
      await denied(() => client.copyObject(source, target));
      const [removal] = await client.removeObjects(bucket, [keyOf(other)]);
      expect(removal).toMatchObject({ Code: 'AccessDenied' });
    });

    it('are refused by the server for lists of others', async () => {
      for (const prefix of ['', 'tenants/', `tenants/${other}/`, 'audit/', `tenants/${own}`]) {
        await expect(listed(prefix)).rejects.toMatchObject({ code: 'AccessDenied' });
      }
    });

    it('are refused by the server for the bucket itself, and for others', async () => {
      await denied(() => client.makeBucket(`${bucket}-more`));
      await denied(() => client.removeBucket(bucket));
      await denied(() => client.setBucketPolicy(bucket, '{"Version":"2012-10-17","Statement":[]}'));
      expect(await client.listBuckets()).toEqual([]);
    });

    it('lead to nobody by a path that goes round', async () => {
      const round = [`../${other}/instances/instance/copy.tar.gz`, `%2e%2e/${other}/instances/instance/copy.tar.gz`];
      for (const way of [...round, `..%2f${other}%2finstances%2finstance%2fcopy.tar.gz`]) {
        await expect(client.getObject(bucket, `tenants/${own}/${way}`)).rejects.toThrow();
        await client.removeObject(bucket, `tenants/${own}/${way}`).catch(() => undefined);
        await client.putObject(bucket, `tenants/${own}/${way}`, 'changed').catch(() => undefined);
      }
      expect(await text(await strange.getObject(bucket, keyOf(other)))).toBe('what an agent remembers');
      expect(await listed(`tenants/${own}/../${other}/`)).toEqual([]);
    });

    it('lead to nobody by a signed address that is changed afterwards', async () => {
      const signed = await client.presignedGetObject(bucket, keyOf(own), 60);
      expect((await fetch(signed)).status).toBe(200);
      for (const way of [`${own}/../${other}`, `${own}/%2e%2e/${other}`, other]) {
        expect(await statusOf(signed.replace(`tenants/${own}`, `tenants/${way}`))).toBeGreaterThanOrEqual(400);
      }
    });

    it('were never what anybody else could read with', async () => {
      const { endpoint } = config;
      expect((await fetch(`${endpoint}/${bucket}/${keyOf(own)}`)).status).toBe(403);
      expect(await text(await strange.getObject(bucket, keyOf(own)))).toBe('what an agent remembers');
    });
  });
});

/** As it is written: `fetch` would take the dots out first. */
function statusOf(address: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { hostname, port, origin } = new URL(address);
  const path = address.slice(origin.length);
  request({ hostname, port, path, agent: false }, (answer) => resolve(answer.resume().statusCode ?? 0))
    .on('error', reject)
    .end();
  return promise;
}
