import { cancelOperation } from '../../server/operations/commands/cancel-operation.ts';
import { requestOperation } from '../../server/operations/commands/request-operation.ts';
import type { Operation } from '../../server/operations/operation.entity.ts';
import { platformRequester as by } from '../../server/operations/requester.ts';
import { platformScope } from '../../server/persistence/database.ts';
import { maintenanceRuns } from '../../server/temporal/maintenance-runs.ts';
import { deleteTenant } from '../../server/tenants/commands/delete-tenant.ts';
import { requireTenant } from '../../server/tenants/require-tenant.ts';
import { maintenanceWorkflowType } from '../../workflows/contracts/maintenance.ts';
import type { OperationPhase } from '../../workflows/contracts/phases.ts';
import { buildProject, buildTenant } from '../factories/tenants.ts';
import type { Fate } from '../fakes/scripted-cluster.ts';
import {
  ask,
  configurationOf,
  create,
  ended,
  operationOf,
  remove,
  stepsOf,
  until,
  update,
} from '../workflows/orders.ts';
import type { Rig } from '../workflows/rig.ts';
import { rollouts } from './rollouts.ts';
import { versions } from './versions.ts';

/** A run whose history is kept: of an operation, or of a workflow that is none. */
export type Recorded = ({ operation: Operation } | { workflowType: string; workflowId: string }) & {
  /** Left out: the ordinary one. */
  ending?: string;
};

const runs: Fate = { does: 'run' };
const neverComes: Fate = { does: 'wait', reason: 'ErrImageNeverPull' };
const stillPulling: Fate = { does: 'wait', reason: 'ImagePullBackOff' };
const misconfigured: Fate = {
  does: 'exit',
  code: 78,
  lines: ['{"level":"error","message":"the model of this customer is unknown"}'],
};
const other = configurationOf({ environment: { MODE: 'other' } });
const hotter = configurationOf({ native: { messages: { queue: { mode: 'collect' } } } });
const third = configurationOf({ environment: { MODE: 'third' } });

const scenarios: Record<string, (rig: Rig) => AsyncGenerator<Recorded>> = {
  lifeOfOne,
  endingsOfProvision,
  endingsOfUpdate,
  hold,
  tenant,
  rollouts,
  versions,
  maintenance,
};

/** One run of every type, and those that end another way; `only` names one scenario. */
export async function* carryOutAll(rig: Rig, only?: string): AsyncGenerator<Recorded> {
  for (const [name, scenario] of Object.entries(scenarios)) if (!only || only === name) yield* scenario(rig);
}

async function* lifeOfOne(rig: Rig): AsyncGenerator<Recorded> {
  const { db } = rig;
  const { instance, operation } = await create(rig);
  const done = async (booked: Operation): Promise<Recorded> => ({ operation: await ended(db, booked) });
  yield done(operation);
  for (const verb of ['stop', 'start', 'restart', 'sync', 'kill', 'start'] as const) {
    yield done(await ask(db, instance.id, verb));
  }
  yield done(await update(db, instance.id, other));
  yield done(await remove(db, instance.id));
  yield done(await remove(db, instance.id, { purge: true }));
  const next = await create(rig);
  await ended(db, next.operation);
  yield { operation: await ended(db, await remove(db, next.instance.id, { purge: true })), ending: 'purging' };
}

async function* endingsOfProvision(rig: Rig): AsyncGenerator<Recorded> {
  const { cluster } = rig.scripted;
  const failing = async (fate: Fate, ending: string): Promise<Recorded> => {
    cluster.fateOf = () => fate;
    const { operation } = await create(rig);
    const failed = await ended(rig.db, operation, 'Failed');
    cluster.fateOf = () => runs;
    return { operation: failed, ending };
  };
  yield failing(neverComes, 'undone');
  yield failing(misconfigured, 'parked');

  for (const phase of ['Cancelled', 'Superseded'] as const satisfies OperationPhase[]) {
    cluster.fateOf = () => stillPulling;
    const { instance, operation } = await create(rig);
    await until(
      () => stepsOf(rig.db, operation.id),
      (steps) => steps.some(({ name }) => name === 'awaitReady'),
    );
    if (phase === 'Superseded') await ended(rig.db, await ask(rig.db, instance.id, 'kill'));
    else await rig.db.transaction(platformScope(), (tx) => cancelOperation(tx, operation.id, by));
    yield { operation: await ended(rig.db, operation, phase), ending: phase.toLowerCase() };
    cluster.fateOf = () => runs;
  }
}

async function* endingsOfUpdate(rig: Rig): AsyncGenerator<Recorded> {
  const { instance, operation } = await create(rig);
  await ended(rig.db, operation);
  yield { operation: await ended(rig.db, await update(rig.db, instance.id, hotter)), ending: 'hot' };
  rig.scripted.cluster.fateOf = ({ revision }) => (revision === 3 ? misconfigured : runs);
  const failed = await ended(rig.db, await update(rig.db, instance.id, other), 'Failed');
  rig.scripted.cluster.fateOf = () => runs;
  yield { operation: failed, ending: 'restored' };
  await ended(rig.db, await ask(rig.db, instance.id, 'stop'));
  yield { operation: await ended(rig.db, await update(rig.db, instance.id, third)), ending: 'stopped' };
  yield { operation: await ended(rig.db, await ask(rig.db, instance.id, 'sync')), ending: 'stopped' };
}

/** One that a person asked for; those of a schedule take the same way. */
async function* maintenance(rig: Rig): AsyncGenerator<Recorded> {
  const { instance, operation } = await create(rig);
  await ended(rig.db, operation);
  await maintenanceRuns(rig.temporal.client).checkDrift(instance.id);
  yield { workflowType: maintenanceWorkflowType, workflowId: `drift/${instance.id}` };
}

/** Asked for by the observer. */
async function* hold(rig: Rig): AsyncGenerator<Recorded> {
  const { instance, operation } = await create(rig);
  await ended(rig.db, operation);
  rig.scripted.cluster.endByItself(instance.id, 78, ['{"level":"error","message":"it cannot go on"}']);
  const [held] = await until(
    () =>
      rig.db.transaction(platformScope(), (tx) =>
        tx.query<{ id: string }>(`select id from operations where instance_id = ? and kind = 'instance.hold'`, [
          instance.id,
        ]),
      ),
    (rows) => rows.length > 0,
  );
  yield { operation: await ended(rig.db, await operationOf(rig.db, held?.id ?? '')) };
}

async function* tenant(rig: Rig): AsyncGenerator<Recorded> {
  const { db } = rig;
  const made = await buildTenant(db);
  const project = await buildProject(db, made);
  const { instance, operation } = await create({ ...rig, tenant: made, project });
  await ended(db, operation);
  const sync = await db.transaction(platformScope(), async (tx) =>
    requestOperation(tx, { kind: 'tenant.sync', tenant: await requireTenant(tx, made.id), by }),
  );
  yield { operation: await ended(db, sync) };
  await ended(db, await remove(db, instance.id, { purge: true }));
  const removal = await db.transaction(platformScope(), (tx) =>
    deleteTenant(tx, { id: made.id, expectedGeneration: 1, by }),
  );
  yield { operation: await ended(db, removal) };
}
