import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCluster, buildInstance } from '../../test/factories/instances.ts';
import { uniqueName } from '../../test/factories/people.ts';
import { fillRollout } from '../../test/factories/rollouts.ts';
import { buildProject, buildTenant, type TestProject } from '../../test/factories/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../../test/factories/test-database.ts';
import { ownStorage } from '../../test/platform/s3.ts';
import { Backup } from '../../server/backups/backup.entity.ts';
import { discardCopy, keepCopy } from '../../server/backups/commands/keep-copy.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { Database, platformScope } from '../../server/persistence/database.ts';
import type { Deps } from '../deps.ts';
import { backupKeyOf } from '../storage/object-store.ts';
import { noStorage, s3Storage, type Storage } from '../storage/storage.ts';
import { wakeOverdueRollouts } from './overdue-rollouts.ts';
import { removeOutdated } from './retention.ts';

const { signal } = new AbortController();
const log = createLogger({ name: 'test', level: 'silent' });

let database: TestDatabase;
let db: Database;
let storage: Storage;
let project: TestProject;
let instanceId: string;
let userId: string;
const woken: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({
    url: database.appUrl,
    applicationName: 'test',
    dispatch: {
      start: async () => undefined,
      cancel: async () => undefined,
      startRollout: async () => undefined,
      wakeRollout: async (id) => void woken.push(id),
    },
  });
  storage = s3Storage(ownStorage());
  await storage.platform.check(signal);
  project = await buildProject(db, await buildTenant(db));
  const clusterId = (await buildCluster(db)).id;
  instanceId = (await buildInstance(db, { project, clusterId })).id;
  userId = uuidv7();
  await query(`insert into users (id, name, display_name) values (?, ?, 'Somebody')`, [userId, uniqueName('user')]);
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

const query = <Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  db.transaction(platformScope(), (tx) => tx.query<Row & object>(sql, values as never[])) as Promise<Row[]>;
const run = { input: { name: 'retention' as const }, signal, resumedFrom: undefined, reached: () => undefined };
const removed = (given: Storage = storage) => removeOutdated({ db, log, storage: given } as Deps, run);
const countOf = async (table: string): Promise<number> =>
  Number((await query<{ count: string }>(`select count(*) as count from ${table}`))[0]?.count);

/** An operation that has ended, with nothing but its row. */
async function buildOperation(phase = 'Succeeded'): Promise<string> {
  const id = uuidv7();
  await query(
    `insert into operations (tenant_id, id, project_id, instance_id, kind, phase, generation, tenant_name, subject_name,
       requested_by_name) values (?, ?, ?, ?, 'instance.upgrade', ?, 1, 'tenant', 'agent', 'somebody')`,
    [project.tenantId, id, project.id, instanceId, phase],
  );
  return id;
}

describe('retention', () => {
  const insertions: Record<string, (age: string) => Promise<unknown>> = {
    events: (age) =>
      query(`insert into events (id, tenant_id, type, created_at) values (?, ?, 'test', now() - ?::interval)`, [
        randomUUID(),
        project.tenantId,
        age,
      ]),
    operation_steps: async (age) =>
      query(
        `insert into operation_steps (tenant_id, operation_id, name, position, state, ended_at)
         values (?, ?, 'awaitReady', 1, 'Succeeded', now() - ?::interval)`,
        [project.tenantId, await buildOperation(), age],
      ),
    usage_samples: (age) =>
      query(
        `insert into usage_samples (tenant_id, instance_id, at, seconds, runs) values (?, ?, now() - ?::interval, 60, 3)`,
        [project.tenantId, instanceId, age],
      ),
    usage_hours: (age) =>
      query(`insert into usage_hours (tenant_id, instance_id, at, runs) values (?, ?, now() - ?::interval, 3)`, [
        project.tenantId,
        instanceId,
        age,
      ]),
    idempotency_keys: (age) =>
      query(
        `insert into idempotency_keys (user_id, key, request_hash, expires_at) values (?, ?, 'hash', now() - ?::interval)`,
        [userId, randomUUID(), age],
      ),
    sessions: (age) =>
      query(
        `insert into sessions (id, user_id, kind, token_hash, expires_at)
         values (?, ?, 'portal', ?::text::bytea, now() - ?::interval)`,
        [uuidv7(), userId, randomUUID(), age],
      ),
  };

  it.each([
    ['events', '31 days', '29 days'],
    ['operation_steps', '31 days', '29 days'],
    ['usage_samples', '8 days', '6 days'],
    ['usage_hours', '91 days', '89 days'],
    ['idempotency_keys', '1 minute', '-1 hour'],
    ['sessions', '25 hours', '23 hours'],
  ])('removes %s of %s ago, and keeps those of %s ago', async (table, old, young) => {
    await query(`delete from ${table}`);
    for (const age of [old, young]) await insertions[table]?.(age);
    expect(await removed()).toMatchObject({ [table]: 1 });
    expect(await countOf(table)).toBe(1);
  });

  it('removes a session a day after it was ended, though it would have gone on', async () => {
    await insertions.sessions?.('-10 days');
    await query(`update sessions set revoked_at = now() - interval '25 hours' where expires_at > now()`);
    await insertions.sessions?.('-10 days');
    expect(await removed()).toMatchObject({ sessions: 1 });
    expect(await query('select revoked_at from sessions where expires_at > now()')).toEqual([{ revoked_at: null }]);
  });

  it('keeps the sums of the samples that it removes', async () => {
    await query('delete from usage_hours');
    await insertions.usage_samples?.('9 days');
    await removed();
    expect(await query('select runs::int as runs from usage_hours')).toEqual([{ runs: 3 }]);
  });
});

describe('retention of copies of state', () => {
  let present: string;
  let other: string;
  beforeAll(async () => {
    const [revision] = await query<{ id: string }>(
      'select agent_version_id as id from revisions where instance_id = ?',
      [instanceId],
    );
    present = revision?.id ?? '';
    other = uuidv7();
    await query(
      `insert into agent_versions (id, kind, version, image) values (?, 'openclaw', 'other', 'openclaw:other')`,
      [other],
    );
  });

  /** One after the other, as operations make them. */
  async function copy(agentVersionId: string, end: 'kept' | 'failed' | 'cut off'): Promise<Backup> {
    const id = uuidv7();
    const objectKey = backupKeyOf({ tenantId: project.tenantId, instanceId, id });
    await storage.of(project.tenantId).put(objectKey, Readable.from([Buffer.from('state')]), signal);
    const operationId = await buildOperation();
    return db.transaction(platformScope(), async (tx) => {
      const made = tx.em.create(Backup, {
        tenantId: project.tenantId,
        id,
        instanceId,
        reason: 'upgrade',
        phase: 'Writing',
        revision: 1,
        agentVersionId,
        bucket: storage.bucket,
        objectKey,
        operationId,
        createdAt: new Date(),
        expiresAt: new Date(Date.now() + 24 * 60 * 60_000),
      });
      await tx.em.flush();
      if (end === 'kept') await keepCopy(tx, made);
      if (end === 'failed') discardCopy(made, { code: 'backup.failed', detail: 'cut off' });
      return made;
    });
  }
  /** As if so long had gone by. */
  const later = (days: number) =>
    query(`update backups set expires_at = expires_at - make_interval(days => ?) where instance_id = ?`, [
      days,
      instanceId,
    ]);
  const left = async (copies: Backup[]): Promise<boolean[]> => {
    const rows = await query<{ id: string }>('select id from backups');
    const objects = await storage.of(project.tenantId).list(`tenants/${project.tenantId}/`, signal);
    return copies.map(({ id, objectKey }) => {
      const hasRow = rows.some((row) => row.id === id);
      expect(objects.includes(objectKey), 'an object without its row, or the other way round').toBe(hasRow);
      return hasRow;
    });
  };

  it('keeps the newest verified one of each agent version, the others for 30 days, and what failed for one', async () => {
    const copies: Backup[] = [];
    for (const [version, end] of [
      [present, 'kept'],
      [other, 'kept'],
      [present, 'kept'],
      [present, 'failed'],
      [present, 'cut off'],
    ] as const) {
      copies.push(await copy(version, end));
    }
    expect(await left(copies)).toEqual([true, true, true, true, true]);
    expect(await removed()).toMatchObject({ backups: 0 });
    await later(2);
    expect(await removed()).toMatchObject({ backups: 2 });
    expect(await left(copies)).toEqual([true, true, true, false, false]);
    await later(29);
    expect(await removed()).toMatchObject({ backups: 1 });
    expect(await left(copies)).toEqual([false, true, true, false, false]);
    await later(1_000);
    expect(await removed()).toMatchObject({ backups: 0 });
  });

  it('leaves them alone while an operation is at work on the instance', async () => {
    const made = await copy(present, 'cut off');
    const active = await buildOperation('Running');
    await later(2);
    expect(await removed()).toMatchObject({ backups: 0 });
    await query(`update operations set phase = 'Succeeded' where id = ?`, [active]);
    expect(await removed()).toMatchObject({ backups: 1 });
    expect(await left([made])).toEqual([false]);
  });

  it('keeps the row of what the storage did not give up, and does the rest of its work', async () => {
    const made = await copy(present, 'failed');
    await later(2);
    const away: Storage = { ...noStorage(), bucket: storage.bucket };
    expect(await removed(away)).toMatchObject({ events: expect.any(Number), backups: 0 });
    expect(await left([made])).toEqual([true]);
    expect(await removed()).toMatchObject({ backups: 1 });
  });
});

describe('rollouts past their deadline', () => {
  it('are woken, but for those that have ended, have time, or are paused for it already', async () => {
    const { tenantId } = project;
    const fill = async (name: string, more: object, change: string): Promise<string> => {
      const { id } = await fillRollout(database.ownerUrl, { tenantId, name, waves: [1], ...more });
      await query(`update rollouts set ${change} where id = ?`, [id]);
      return id;
    };
    const past = `deadline_at = now() - interval '1 second'`;
    const overdue = await fill('overdue', {}, past);
    const paused = await fill('paused', { phase: 'Paused', pauseReason: 'requested' }, past);
    await fill('ended', { phase: 'Succeeded' }, past);
    await fill('told', { phase: 'Paused', pauseReason: 'deadline' }, past);
    await fill('in time', {}, `deadline_at = now() + interval '1 hour'`);
    await fill('without', {}, 'deadline_at = null');
    expect(await wakeOverdueRollouts({ db } as Deps)).toEqual({ woken: 2 });
    expect(woken.toSorted()).toEqual([overdue, paused].toSorted());
  });
});
