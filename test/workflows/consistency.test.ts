import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterOf } from '../../activities/adapters/adapters.ts';
import { runtimesOf } from '../../activities/clusters/runtimes.ts';
import { checkConsistency } from '../../activities/maintenance/consistency.ts';
import type { Deps } from '../../activities/deps.ts';
import { Drift } from '../../server/consistency/drift.entity.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { MaintenanceResult } from '../../workflows/contracts/maintenance.ts';
import { scriptedDriver } from '../fakes/scripted-runtime.ts';
import { fleet } from './rollout-orders.ts';
import { startRig, type Rig } from './rig.ts';

describe('a comparison of all instances', { timeout: 90_000 }, () => {
  let rig: Rig;
  let ids: string[];
  beforeAll(async () => {
    rig = await startRig();
    await rig.startWorker();
    ids = await fleet(rig, 4);
  }, 120_000);
  afterAll(() => rig?.stop());

  const query = (sql: string, values: unknown[]) =>
    rig.db.transaction(platformScope(), (tx) => tx.query(sql, values as never[]));
  const checked = (): Promise<MaintenanceResult> => {
    const { db, key } = rig;
    const log = createLogger({ name: 'test', level: 'silent' });
    const deps = { db, sealingKey: key, runtimes: runtimesOf(db, key, scriptedDriver), adapterOf, log };
    const { signal } = new AbortController();
    return checkConsistency(deps as unknown as Deps, {
      input: { name: 'consistency' },
      signal,
      resumedFrom: undefined,
      reached: () => undefined,
    });
  };
  const stateOf = async (instanceId: string) =>
    (await rig.db.transaction(platformScope(), ({ em }) => em.findOne(Drift, { instanceId })))?.state;

  it('compares the others where one cannot be compared, or what was found cannot be kept', async () => {
    const [unknown = '', unkept = '', ...others] = ids;
    await query('delete from instance_credentials where instance_id = ?', [unknown]);
    // It has drifted, and the repair before this one is gone.
    await query(`update tenants set drift_policy = 'repair' where id = ?`, [rig.tenant.id]);
    await query(
      `insert into drifts (tenant_id, instance_id, state, revision, operation_id) values (?, ?, 'drifted', 1, ?)`,
      [rig.tenant.id, unkept, uuidv7()],
    );
    Object.assign(rig.scripted.cluster.instances.get(unkept)?.workload?.spec ?? {}, { image: 'somebody/elses:1' });

    expect(await checked()).toEqual({ checked: 4, drifted: 0, repaired: 0, unknown: 2 });
    expect(await Promise.all([unknown, unkept].map(stateOf))).toEqual(['unknown', 'unknown']);
    expect(await Promise.all(others.map(stateOf))).toEqual(['consistent', 'consistent']);
  });
});
