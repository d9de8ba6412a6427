import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteInstance } from '../../server/instances/commands/delete-instance.ts';
import { lockInstance } from '../../server/instances/require-instance.ts';
import type { Operation } from '../../server/operations/operation.entity.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import { workflowIdOf } from '../../workflows/contracts/operations.ts';
import type { Child } from './child.ts';
import { startOwnServers, type OwnServers } from './own-servers.ts';
import {
  ask,
  configurationOf,
  create,
  ended,
  instanceOf,
  operationOf,
  startRun,
  stepsOf,
  until,
  update,
} from './orders.ts';
import { startRig, type Rig } from './rig.ts';

/** Longer than a step is tried at hand, shorter than PostgreSQL lets anyone wait for a lock. */
const tooLongAtHandMs = 6_500;

describe('the steps at hand of an operation', { timeout: 150_000 }, () => {
  let servers: OwnServers;
  let rig: Rig;
  let worker: Child;
  beforeAll(async () => {
    servers = await startOwnServers();
    rig = await startRig(servers);
    worker = await rig.startWorker();
  }, 120_000);
  afterAll(async () => {
    await rig?.stop();
    await servers?.stop();
  });

  const running = async (): Promise<string> => {
    const { instance, operation } = await create(rig);
    await ended(rig.db, operation);
    return instance.id;
  };

  /** Activities that went their way through Temporal. */
  const activitiesOf = async ({ id }: Operation): Promise<string[]> => {
    const { events } = await rig.temporal.client.workflow.getHandle(workflowIdOf(id)).fetchHistory();
    return (events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
    );
  };

  /** As the role of the worker, which sees what its own connections do. */
  const workerWaits = async (): Promise<boolean> => {
    const [waiting] = await rig.forgetful.execute<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
       where application_name = 'open-cluster-claw worker' and wait_event_type = 'Lock'`,
    );
    return waiting?.count === 1;
  };

  /**
   * Runs a stop; while its settling waits for the instance's row, which `tx` holds, `meanwhile` happens. The step before
   * needs that row as well: it is kept from its end until it has been there.
   */
  const settlingOf = async (
    stop: Operation,
    instanceId: string,
    meanwhile: (tx: Transaction) => Promise<unknown>,
  ): Promise<void> => {
    const looked = rig.scripted.hold(
      (call) => call.verb === 'observe' && call.place.instanceId === instanceId,
      'before',
    );
    await startRun(rig, stop);
    await looked.reached;
    const locked = Promise.withResolvers<void>();
    const last = rig.forgetful.transaction(platformScope(), async (tx) => {
      await tx.query(`select 1 from operation_steps where operation_id = ? and name = 'awaitStopped' for update`, [
        stop.id,
      ]);
      looked.letGo();
      await until(workerWaits, Boolean);
      await locked.promise;
    });
    await until(workerWaits, Boolean);
    await rig.db.transaction(platformScope(), async (tx) => {
      await lockInstance(tx, instanceId);
      locked.resolve();
      await last;
      const isOver = async () => (await stepsOf(rig.forgetful, stop.id)).at(-1)?.state === 'Succeeded';
      await until(async () => (await isOver()) && (await workerWaits()), Boolean);
      await meanwhile(tx);
    });
  };

  const stopWhile = async (instanceId: string, meanwhile: (tx: Transaction) => Promise<unknown>) => {
    const stop = await ask(rig.forgetful, instanceId, 'stop');
    await settlingOf(stop, instanceId, meanwhile);
    return stop;
  };

  const endsOf = ({ id, kind }: Operation): Promise<number> =>
    rig.db.transaction(platformScope(), async (tx) => {
      const [ends] = await tx.query<{ count: number }>(
        `select count(*)::int as count from events
         where operation_id = ? and data ->> 'kind' = ? and data ->> 'phase' = 'Succeeded'`,
        [id, kind],
      );
      return ends?.count ?? 0;
    });

  const expectStoppedOnce = async (instanceId: string, stop: Operation): Promise<void> => {
    await ended(rig.db, stop);
    expect(await instanceOf(rig.db, instanceId)).toMatchObject({ phase: 'Stopped' });
    expect(await rig.temporal.client.workflow.getHandle(workflowIdOf(stop.id)).result()).toBe('Succeeded');
    expect(await endsOf(stop)).toBe(1);
  };

  it('cost no activity: settling, and the check of what the agent’s program has approved of', async () => {
    const id = await running();
    const asked = configurationOf({ environment: { ASKED: 'once' } });
    const first = await ended(rig.db, await update(rig.db, id, asked));
    expect(await activitiesOf(first)).toEqual([
      'checkConfiguration',
      'applyRevision',
      'awaitReady',
      'proveConfiguration',
    ]);
    const restart = await ended(rig.db, await ask(rig.db, id, 'restart'));
    expect(await activitiesOf(restart)).not.toContain('checkConfiguration');
    const [check] = await stepsOf(rig.db, restart.id);
    expect(check).toMatchObject({ name: 'checkConfiguration', position: 1, state: 'Succeeded', attempt: 1 });
    expect(check?.endedAt).toEqual(check?.startedAt);
  });

  it('refuse, with the same error, what the agent’s program has refused before', async () => {
    const id = await running();
    const refused = configurationOf({ environment: { REFUSED: 'always' } });
    rig.scripted.cluster.judge = () => ({ exitCode: 1, output: '{"valid":false,"issues":[{"message":"no"}]}' });
    const first = await ended(rig.db, await update(rig.db, id, refused), 'Failed');
    rig.scripted.cluster.judge = () => ({ exitCode: 0, output: '{"valid":true,"issues":[]}' });
    const written = rig.scripted.cluster.writes.length;
    const second = await ended(rig.db, await update(rig.db, id, refused), 'Failed');
    expect(second.error).toEqual(first.error);
    expect(second.error).toMatchObject({ code: 'agent.configuration-refused' });
    expect(await stepsOf(rig.db, second.id)).toMatchObject([{ name: 'checkConfiguration', state: 'Failed' }]);
    expect(rig.scripted.cluster.writes).toHaveLength(written);
  });

  it('settle once although the worker is killed in the middle of it', async () => {
    const id = await running();
    const stop = await stopWhile(id, () => worker.kill('SIGKILL'));
    await worker.start();
    await expectStoppedOnce(id, stop);
  });

  it('settle once although PostgreSQL is killed in the middle of it, and stays away for longer than that', async () => {
    const id = await running();
    const stop = await ask(rig.forgetful, id, 'stop');
    const killed = settlingOf(stop, id, () => servers.postgres.kill('SIGKILL'));
    await expect(killed).rejects.toThrow(/connection|terminat/i);
    // By then it is the activity that tries again, where a person sees it.
    const handle = rig.temporal.client.workflow.getHandle(workflowIdOf(stop.id));
    const pending = await until(
      async () => (await handle.describe()).raw.pendingActivities ?? [],
      ([settle]) => (settle?.attempt ?? 0) > 1,
    );
    expect(pending).toMatchObject([{ activityType: { name: 'settle' } }]);
    await servers.postgres.restart();
    await expectStoppedOnce(id, stop);
  });

  it('are left to the activity where they take too long', async () => {
    const id = await running();
    const stop = await stopWhile(id, () => new Promise((resolve) => setTimeout(resolve, tooLongAtHandMs)));
    await expectStoppedOnce(id, stop);
    expect((await activitiesOf(stop)).at(-1)).toBe('settle');
  });

  it('settle nothing that was superseded while they waited', async () => {
    const id = await running();
    const { generation } = await instanceOf(rig.db, id);
    let removal: Operation | undefined;
    const stop = await stopWhile(id, async (tx) => {
      removal = await deleteInstance(tx, {
        id,
        expectedGeneration: generation + 1,
        purge: false,
        confirm: undefined,
        by,
      });
    });
    expect(await rig.temporal.client.workflow.getHandle(workflowIdOf(stop.id)).result()).toBe('Superseded');
    expect(await operationOf(rig.db, stop.id)).toMatchObject({ phase: 'Superseded', supersededBy: removal?.id });
    expect(await activitiesOf(stop)).not.toContain('settle');
    if (removal) await ended(rig.db, removal);
    expect(await instanceOf(rig.db, id)).toMatchObject({ phase: 'Deleted' });
  });
});
