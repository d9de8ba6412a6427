import { Readable } from 'node:stream';
import { Client } from 'pg';
import { Connection } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedPostgresUrl, startOwnPostgres } from './postgres.ts';
import { s3Store } from '../../activities/storage/s3-store.ts';
import { ownBucket, startOwnObjectStorage } from './s3.ts';
import { sharedTemporalAddress, startOwnTemporal } from './temporal.ts';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function searchAttributes(address: string): Promise<string[]> {
  const connection = await Connection.connect({ address });
  try {
    const listed = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    return Object.keys(listed.customAttributes);
  } finally {
    await connection.close();
  }
}

describe('the local PostgreSQL', () => {
  const starting = startOwnPostgres();
  afterAll(async () => (await starting).stop());

  it('is shared by the suites', async () => {
    expect(await query(sharedPostgresUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('comes back with its data at the same address after kill -9', async () => {
    const postgres = await starting;
    const url = await postgres.database('things');
    await query(url, 'CREATE TABLE thing AS SELECT 7 AS size');
    await postgres.kill('SIGKILL');
    await expect(query(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await postgres.restart();
    expect(await query(url, 'SELECT size FROM thing')).toEqual([{ size: 7 }]);
  });
});

describe('the local Temporal', () => {
  const starting = startOwnTemporal();
  afterAll(async () => (await starting).stop());

  it('is shared by the suites, and knows the search attributes of the product', async () => {
    const attributes = await searchAttributes(sharedTemporalAddress());
    expect(attributes).toEqual(
      expect.arrayContaining(['OccTenant', 'OccProject', 'OccInstance', 'OccOperation', 'OccPhase']),
    );
  });

  it('comes back at the same address after kill -9', async () => {
    const temporal = await starting;
    await temporal.kill('SIGKILL');
    await temporal.restart();
    expect(await searchAttributes(temporal.address)).toContain('OccPhase');
  });
});

describe('the local object storage', () => {
  const starting = startOwnObjectStorage();
  afterAll(async () => (await starting).stop());
  const { signal } = new AbortController();

  it('is shared by the suites', async () => {
    await expect(s3Store({ ...ownBucket(), region: 'us-east-1' }).check(signal)).resolves.toBeUndefined();
  });

  it('has room for an object in each of many buckets', async () => {
    const storage = await starting;
    const buckets = Array.from({ length: 24 }, (_, number) => `bucket-${number}`);
    for (const bucket of buckets) {
      const store = s3Store({ ...storage, bucket, region: 'us-east-1' });
      await store.check(signal);
      const stored = await store.put('thing', Readable.from([Buffer.from('seven')]), signal);
      expect({ bucket, ...stored }).toMatchObject({ bucket, sizeBytes: 5 });
    }
  });

  it('comes back with its data at the same address after kill -9', async () => {
    const storage = await starting;
    const store = s3Store({ ...storage, region: 'us-east-1' });
    await store.check(signal);
    await store.put('thing', Readable.from([Buffer.from('seven')]), signal);
    await storage.kill('SIGKILL');
    await expect(store.stat('thing', signal)).rejects.toMatchObject({ code: 'storage.unavailable' });
    await storage.restart();
    expect(await store.stat('thing', signal)).toEqual({ sizeBytes: 5 });
  });
});
