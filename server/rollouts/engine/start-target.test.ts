import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCluster, buildInstance } from '../../../test/factories/instances.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/factories/test-database.ts';
import { buildUser } from '../../../test/factories/people.ts';
import { buildProject, buildTenant, type TestProject } from '../../../test/factories/tenants.ts';
import { waitUntilBlocked } from '../../../test/factories/wait-until-blocked.ts';
import { createRights, type Rights } from '../../access/rights.ts';
import { Role } from '../../access/roles.ts';
import { platformRequester as by } from '../../operations/requester.ts';
import { Database, platformScope, tenantScope } from '../../persistence/database.ts';
import { abortRollout } from '../commands/abort-rollout.ts';
import { RolloutStrategyInput } from '../rollout-order.schema.ts';
import { Rollout } from '../rollout.entity.ts';
import { RightsLost } from './rights-now.ts';
import { startTarget } from './start-target.ts';

let database: TestDatabase;
let db: Database;
let project: TestProject;
let clusterId: string;
let rights: Rights;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({ url: database.appUrl, applicationName: 'occ-test-start-target', poolSize: 8 });
  rights = await createRights({ db });
  project = await buildProject(db, await buildTenant(db));
  ({ id: clusterId } = await buildCluster(db));
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

/** A rollout in its only wave, that stops so many instances. */
async function buildRollout(count: number, concurrency = 25): Promise<{ rollout: Rollout; ids: string[] }> {
  const { tenantId } = project;
  const ids: string[] = [];
  for (let place = 0; place < count; place += 1) ids.push((await buildInstance(db, { project, clusterId })).id);
  const strategy = RolloutStrategyInput.parse({ waves: [{ size: { rest: true }, concurrency }] });
  const rollout = await db.transaction(platformScope(), async (tx) => {
    const made = tx.em.create(Rollout, {
      tenantId,
      id: uuidv7(),
      name: 'stop them',
      kind: 'stop',
      phase: 'Progressing',
      change: { kind: 'stop' },
      selection: { instanceIds: ids },
      strategy,
      currentWave: 1,
      totalTargets: count,
      forcedWaves: [],
      tenantName: 'tenant',
      requestedByName: 'test',
      createdAt: new Date(),
      startedAt: new Date(),
    });
    await tx.em.flush();
    await tx.query(
      `insert into rollout_waves (tenant_id, rollout_id, number, phase, targets, concurrency, bake_seconds)
       values (?, ?, 1, 'Updating', ?, ?, 0)`,
      [tenantId, made.id, count, concurrency],
    );
    for (const [index, id] of ids.entries()) {
      await tx.query(
        `insert into rollout_targets (tenant_id, rollout_id, instance_id, wave, position, from_revision, to_revision)
         values (?, ?, ?, 1, ?, 1, 1)`,
        [tenantId, made.id, id, index + 1],
      );
    }
    return made;
  });
  return { rollout, ids };
}

const start = (rollout: Rollout, id: string | undefined) =>
  db.transaction(tenantScope(project.tenantId), (tx) => startTarget(tx, rights, rollout, id ?? ''));
const operationsOf = async (rollout: Rollout) => {
  const [row] = await db.transaction(platformScope(), (tx) =>
    tx.query<{ count: number }>('select count(*)::int as count from operations where rollout_id = ?', [rollout.id]),
  );
  return row?.count;
};

describe('a target', () => {
  it('is not started any more once an abort is being written, however short before', async () => {
    const { rollout, ids } = await buildRollout(1);
    const written = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const aborting = db.transaction(platformScope(), async (tx) => {
      await abortRollout(tx, { id: rollout.id, by });
      await tx.em.flush();
      written.resolve();
      await mayCommit.promise;
    });
    await written.promise;
    const starting = start(rollout, ids[0]);
    await waitUntilBlocked(db);
    mayCommit.resolve();
    await aborting;
    expect(await starting).toBe(false);
    expect(await operationsOf(rollout)).toBe(0);
  });

  it('is started once, by however many who try it at the same time', async () => {
    const { rollout, ids } = await buildRollout(1);
    const tries = await Promise.all([1, 2, 3, 4].map(() => start(rollout, ids[0])));
    expect(tries.filter(Boolean)).toHaveLength(1);
    expect(await operationsOf(rollout)).toBe(1);
  });

  it('is not started where as many are under way as the wave allows', async () => {
    const { rollout, ids } = await buildRollout(3, 2);
    expect(await start(rollout, ids[0])).toBe(true);
    expect(await start(rollout, ids[1])).toBe(true);
    expect(await start(rollout, ids[2])).toBe(false);
    expect(await operationsOf(rollout)).toBe(2);
  });

  it('is not started any more once its requester has lost his right, in the midst of its wave too', async () => {
    const operator = await buildUser(db, { role: Role.Operator, tenantId: project.tenantId });
    const { rollout, ids } = await buildRollout(2);
    Object.assign(rollout, { requestedBy: operator.id, requestedByName: operator.name });
    expect(await start(rollout, ids[0])).toBe(true);
    await db.transaction(platformScope(), (tx) =>
      tx.query('delete from role_assignments where user_id = ?', [operator.id]),
    );
    await expect(start(rollout, ids[1])).rejects.toThrow(`${operator.name} no longer has rollout:create.`);
    expect(await operationsOf(rollout)).toBe(1);
  });

  it('is not started for an account that is disabled', async () => {
    const operator = await buildUser(db, { role: Role.Operator, tenantId: project.tenantId });
    const { rollout, ids } = await buildRollout(1);
    Object.assign(rollout, { requestedBy: operator.id, requestedByName: operator.name });
    await db.transaction(platformScope(), (tx) =>
      tx.query('update users set disabled = true where id = ?', [operator.id]),
    );
    await expect(start(rollout, ids[0])).rejects.toThrow(RightsLost);
  });

  it('is started by an operation of the one who asked for the rollout, which carries its id', async () => {
    const { rollout, ids } = await buildRollout(1);
    await start(rollout, ids[0]);
    const [operation] = await db.transaction(platformScope(), (tx) =>
      tx.query('select kind, rollout_id, instance_id, requested_by_name from operations where rollout_id = ?', [
        rollout.id,
      ]),
    );
    expect(operation).toEqual({
      kind: 'instance.stop',
      rollout_id: rollout.id,
      instance_id: ids[0],
      requested_by_name: 'test',
    });
  });
});
