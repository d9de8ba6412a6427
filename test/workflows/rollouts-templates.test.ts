import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createConfig } from '../../server/configs/commands/create-config.ts';
import { publishConfig } from '../../server/configs/commands/publish-config.ts';
import type { LayerDocument } from '../../server/configs/config-version.entity.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';
import { createRollout } from '../../server/rollouts/commands/create-rollout.ts';
import { RolloutStrategyInput } from '../../server/rollouts/rollout-order.schema.ts';
import type { RolloutChange } from '../../server/rollouts/rollout.types.ts';
import { requireTenant } from '../../server/tenants/require-tenant.ts';
import { uniqueName } from '../factories/people.ts';
import { instanceOf, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';
import { fleet, reached, targetsOf } from './rollout-orders.ts';
import { enterVersion } from './version-orders.ts';

const newest = '2026.10.1';

describe('a rollout as it is asked for', { timeout: 150_000 }, () => {
  let rig: Rig;
  let newer: string;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
    newer = await enterVersion(rig.db, newest);
  }, 120_000);
  afterAll(() => rig?.stop());

  const publish = (level: string, more: LayerDocument = {}) =>
    rig.db.transaction(platformScope(), async (tx) => {
      const template = await createConfig(tx, {
        tenant: await requireTenant(tx, rig.tenant.id),
        projectId: null,
        name: uniqueName('template'),
        description: '',
        agentKind: 'openclaw',
        reason: 'first',
        configuration: { environment: { LEVEL: { $variable: 'level' } }, ...more },
        variables: { type: 'object', properties: { level: { type: 'string', default: level } } },
        locks: [],
        by,
      });
      await tx.em.flush();
      await publishConfig(tx, { template, version: 1, verb: 'publish', reason: 'first', by });
      return template.id;
    });
  const ask = (change: RolloutChange, instanceIds: string[], waves: object[] = [{ size: { rest: true } }]) =>
    rig.db.transaction(platformScope(), (tx) =>
      createRollout(tx, {
        tenantId: rig.tenant.id,
        name: uniqueName('rollout'),
        change,
        selection: { instanceIds },
        strategy: RolloutStrategyInput.parse({ onConflict: 'wait', waves }),
        by,
      }),
    );
  const presentOf = async (id: string) => {
    const { revision } = await instanceOf(rig.db, id);
    return rig.db.transaction(platformScope(), ({ em }) =>
      em.findOneOrFail(Revision, { instanceId: id, number: revision }),
    );
  };

  it('brings a template’s published version to all instances that are named', async () => {
    const ids = await fleet(rig, 4, {});
    const templateId = await publish('warn');
    const rollout = await ask({ kind: 'configuration', templateId, version: 1 }, ids);
    await reached(rig.db, rollout, 'Succeeded');
    for (const id of ids) {
      expect((await presentOf(id)).configuration).toMatchObject({ environment: { LEVEL: 'warn' } });
      expect(await instanceOf(rig.db, id)).toMatchObject({ templateId, templateVersion: 1, liveRevision: 2 });
    }
  });

  it('that the agent’s own program refuses says where in the template the fault was written', async () => {
    const ids = await fleet(rig, 2, {});
    const templateId = await publish('refused', { agent: { timeoutSeconds: 90 } });
    const { cluster } = rig.scripted;
    const { judge } = cluster;
    onTestFinished(() => {
      cluster.judge = judge;
    });
    const issue = { path: 'agents.defaults.timeoutSeconds', message: 'Invalid input' };
    cluster.judge = () => ({ exitCode: 1, output: JSON.stringify({ valid: false, issues: [issue] }) });
    const rollout = await ask({ kind: 'configuration', templateId, version: 1 }, ids);
    const { error } = await reached(rig.db, rollout, 'Failed');
    expect(error).toMatchObject({ faults: [{ pointer: '/template/configuration/agent/timeoutSeconds' }] });
  });

  it('that waited for another one is planned anew on what that one has left, and undoes nothing of it', async () => {
    const ids = await fleet(rig, 2, {});
    const templateId = await publish('error');
    const held = rig.scripted.hold((call) => call.verb === 'write' && ids.includes(call.place.instanceId), 'before');
    const older = await ask({ kind: 'image', agentVersionId: newer }, ids, [
      { size: { count: 1 } },
      { size: { rest: true } },
    ]);
    await held.reached;
    const younger = await ask({ kind: 'configuration', templateId, version: 1 }, ids);
    await until(
      () => targetsOf(rig.db, younger.id),
      (targets) => targets.every(({ phase }) => phase === 'Waiting'),
    );
    held.letGo();
    await reached(rig.db, older, 'Succeeded');
    await reached(rig.db, younger, 'Succeeded');
    for (const id of ids) {
      const present = await presentOf(id);
      expect(present).toMatchObject({ agentVersionId: newer, configuration: { environment: { LEVEL: 'error' } } });
      expect(rig.scripted.cluster.instances.get(id)?.workload?.spec.agentVersion).toBe(newest);
    }
    const ways = (await targetsOf(rig.db, younger.id)).map(({ fromRevision, toRevision }) => [
      fromRevision,
      toRevision,
    ]);
    // The one was under way already when the younger was asked for; the other is planned on what the older has left.
    expect(ways).toEqual([
      [2, 3],
      [2, 4],
    ]);
  });
});
