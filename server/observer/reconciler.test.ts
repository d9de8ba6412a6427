import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { buildTenant } from '../../test/factories/tenants.ts';
import { createLogger } from '../observability/logger.ts';
import { Database, platformScope } from '../persistence/database.ts';
import type { OperationRuns } from '../temporal/operation-runs.ts';
import { holdLease } from './lease.ts';
import { Reconciler } from './reconciler.ts';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-reconciler', poolSize: 4 });
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

/** Each of a tenant of its own, which an operation locks. */
async function book(phase: string, count: number, ageSeconds: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const { id: tenantId, name } = await buildTenant(db);
    const id = uuidv7({ msecs: Date.now() - ageSeconds * 1_000 });
    ids.push(id);
    await db.transaction(platformScope(), (tx) =>
      tx.query(
        `insert into operations (tenant_id, id, kind, phase, generation, tenant_name, subject_name, requested_by_name, created_at)
         values (?, ?, 'tenant.sync', ?, 1, ?, ?, 'test', now() - make_interval(secs => ?))`,
        [tenantId, id, phase, name, name, ageSeconds],
      ),
    );
  }
  return ids;
}

it('what is lost is found behind more open operations than are looked at together', async () => {
  await book('Running', 510, 600);
  await book('Accepted', 510, 600);
  const [lost = ''] = await book('Accepted', 1, 10);
  const [gone = ''] = await book('Running', 1, 10);
  const started: string[] = [];
  const runs: OperationRuns = {
    start: async ({ operation }) => void started.push(operation.id),
    cancel: async () => undefined,
    state: async (id) => (id === lost && started.length === 0 ? 'unknown' : id === gone ? 'closed' : 'running'),
  };
  const log = createLogger({ name: 'test', level: 'silent' });
  const ending = new AbortController();
  const working = holdLease({ db, log, name: 'operations', holder: 'test', signal: ending.signal }, (lease) =>
    new Reconciler({ db, log, runs }).work(lease),
  );
  await expect.poll(() => started, { timeout: 15_000 }).toEqual([lost]);
  const phaseOf = () =>
    db.transaction(platformScope(), (tx) => tx.query('select phase from operations where id = ?', [gone]));
  await expect.poll(phaseOf, { timeout: 15_000 }).toEqual([{ phase: 'Failed' }]);
  ending.abort();
  await working;
}, 90_000);
