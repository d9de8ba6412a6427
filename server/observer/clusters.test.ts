import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterOf } from '../../activities/adapters/adapters.ts';
import type { Runtime } from '../../activities/runtimes/runtime.ts';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { uniqueName } from '../../test/factories/people.ts';
import { Cluster } from '../clusters/cluster.entity.ts';
import { keepCredential } from '../clusters/commands/keep-credential.ts';
import { Database, platformScope } from '../persistence/database.ts';
import { loadSealingKey, type SealingKey } from '../secrets/sealing-key.ts';
import { Clusters } from './clusters.ts';

describe('the look-out for clusters', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'occ-clusters-'));
  let database: TestDatabase;
  let db: Database;
  let sealingKey: SealingKey;
  beforeAll(async () => {
    const keyFile = join(directory, 'key');
    writeFileSync(keyFile, randomBytes(32).toString('base64'));
    sealingKey = loadSealingKey(keyFile);
    database = await createTestDatabase();
    db = await Database.open({ url: database.appUrl, applicationName: 'clusters-test' });
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
    rmSync(directory, { recursive: true });
  });

  const buildCluster = async (): Promise<string> => {
    const id = randomUUID();
    await db.transaction(platformScope(), async (tx) => {
      await tx.query(`insert into clusters (id, name, runtime, phase) values (?, ?, 'kubernetes', 'Unreachable')`, [
        id,
        uniqueName('cluster'),
      ]);
      await keepCredential(tx, sealingKey, id, 'sealed');
    });
    return id;
  };
  const phaseOf = async (id: string) =>
    (await db.transaction(platformScope(), ({ em }) => em.findOneOrFail(Cluster, { id }))).phase;

  it('goes on for all others while the watch of one hangs that is to end', async () => {
    const hung = await buildCluster();
    const letGo = Promise.withResolvers<void>();
    const runtime = (watch: Runtime['watch']): Runtime =>
      ({
        ping: async () => ({ version: '1' }),
        listOneShots: async () => [],
        listTenantSpaces: async () => [],
        watch,
      }) as unknown as Runtime;
    const endless: Runtime['watch'] = async (_handlers, signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve());
      if (!signal.aborted) await promise;
    };
    const clusters = new Clusters({
      db,
      log: pino({ level: 'silent' }),
      // Deaf to its signal.
      runtimes: { for: async (id) => runtime(id === hung ? () => letGo.promise : endless) },
      adapterOf,
      holder: 'test',
      sealingKey,
      usageIntervalMs: 60_000,
    });
    const ending = new AbortController();
    const running = clusters.run(ending.signal);
    await expect.poll(() => phaseOf(hung), { timeout: 20_000 }).toBe('Ready');

    await db.transaction(platformScope(), (tx) =>
      tx.query(`delete from cluster_credentials where cluster_id = ?`, [hung]),
    );
    const other = await buildCluster();
    await expect.poll(() => phaseOf(other), { timeout: 20_000 }).toBe('Ready');
    expect(clusters.watched).toBe(1);

    ending.abort();
    letGo.resolve();
    await running;
  });
});
