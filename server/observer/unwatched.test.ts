import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { buildProject, buildTenant } from '../../test/factories/tenants.ts';
import { createLogger } from '../observability/logger.ts';
import { Database, platformScope } from '../persistence/database.ts';
import { holdLease } from './lease.ts';
import { refreshUnwatched } from './unwatched.ts';

let database: TestDatabase;
let db: Database;
const ending = new AbortController();
let working: Promise<void>;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-unwatched', poolSize: 4 });
  const log = createLogger({ name: 'test', level: 'silent' });
  working = holdLease({ db, log, name: 'unwatched', holder: 'test', signal: ending.signal }, (lease) =>
    refreshUnwatched(db, lease),
  );
});
afterAll(async () => {
  ending.abort();
  await working;
  await db?.close();
  await database?.drop();
});

const query = <Row>(sql: string, parameters: unknown[] = []) =>
  db.transaction(platformScope(), (tx) => tx.query<Row>(sql, parameters));
const phases = (clusterId: string) =>
  query<{ phase: string; count: number }>(
    `select phase, count(*)::int as count from instances where cluster_id = ? group by 1 order by 1`,
    [clusterId],
  );

it('instances of a cluster that is in preparation again are Unknown, those of others stay as they were', async () => {
  const project = await buildProject(db, await buildTenant(db));
  const [cluster, other] = [await buildCluster(db), await buildCluster(db)];
  for (const clusterId of [cluster.id, other.id]) {
    await buildInstance(db, { project, clusterId, phase: 'Running' });
    await buildInstance(db, { project, clusterId, phase: 'Stopped' });
    await buildInstance(db, { project, clusterId, phase: 'Deleted' });
  }
  for (let more = 0; more < 60; more += 1) await buildInstance(db, { project, clusterId: cluster.id });
  await query(`update instances set deleted_at = now() where phase = 'Deleted'`);
  await query(`update clusters set phase = 'Preparing' where id = ?`, [cluster.id]);

  await vi.waitFor(
    async () =>
      expect(await phases(cluster.id)).toEqual([
        { phase: 'Deleted', count: 1 },
        { phase: 'Unknown', count: 62 },
      ]),
    { timeout: 15_000, interval: 200 },
  );
  expect(await phases(other.id)).toEqual(['Deleted', 'Running', 'Stopped'].map((phase) => ({ phase, count: 1 })));
  const told = await query(`select 1 from events where type = 'instance.changed' and data ->> 'phase' = 'Unknown'`);
  expect(told).toHaveLength(62);
});
