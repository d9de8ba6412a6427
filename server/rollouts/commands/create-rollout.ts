import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import { planRollout, type PlannedTarget, type RolloutOrder, type RolloutPlan } from '../plan-rollout.ts';
import { recordControl } from '../record-control.ts';
import { RolloutWave } from '../rollout-wave.entity.ts';
import { Rollout } from '../rollout.entity.ts';
import { findConflicts } from '../targets/find-conflicts.ts';
import { insertRevisions } from './insert-revisions.ts';
import { rebindRevisions } from './rebind-revisions.ts';

export interface CreateRollout extends RolloutOrder {
  name: string;
  by: Requester;
  retryOf?: string;
}

/**
 * Books a rollout: its targets are frozen with the revision that each leaves and the one it goes to, in a number of
 * statements that does not grow with them. Its workflow starts after the commit; nothing is touched before it has had
 * every new configuration checked. The caller has made sure of the requester's rights.
 * @throws Problem 'tenant.unknown', 'rollout.conflict' and those of `planRollout`
 */
export async function createRollout(tx: Transaction, order: CreateRollout): Promise<Rollout> {
  const { tenantId, strategy, change, by } = order;
  const tenant = await requireTenant(tx, tenantId);
  if (tenant.phase !== 'Active') throw new Problem('tenant.unknown', tenantId);
  await tx.em.flush();
  const plan = await planRollout(tx, order);
  await lockInstances(tx, order, plan);
  if (strategy.onConflict === 'refuse') await refuseConflicts(tx, order, plan);

  const rollout = tx.em.create(Rollout, {
    tenantId,
    id: uuidv7(),
    projectId: plan.projectId,
    name: order.name,
    kind: change.kind,
    phase: 'Pending',
    change,
    selection: order.selection,
    strategy,
    totalTargets: plan.targets.length,
    forcedWaves: [],
    tenantName: tenant.name,
    retryOf: order.retryOf ?? null,
    requestedBy: by.userId,
    requestedByName: by.name,
    requestId: by.requestId,
    createdAt: new Date(),
    deadlineAt: strategy.deadlineSeconds === null ? null : new Date(Date.now() + strategy.deadlineSeconds * 1_000),
  });
  await tx.em.flush();
  await tx.em.insertMany(RolloutWave, wavesOf(rollout, plan));
  await insertTargets(tx, rollout, plan, by);
  await rebindRevisions(tx, tenantId, plan.unchanged);
  await recordControl(tx, rollout, {
    kind: 'created',
    by,
    detail: {
      targets: plan.targets.length,
      waves: plan.waveCount,
      unchanged: plan.unchanged.length,
      refused: plan.targets.filter(({ refusal }) => refusal).length,
      ...(order.retryOf && { retryOf: order.retryOf }),
    },
  });
  tx.startRollout(rollout);
  return rollout;
}

/**
 * In the order of their ids, as everyone does who locks many. From here on no other rollout can be booked over them, and
 * nobody else numbers a revision of theirs. What has moved since it was read is left alone when its turn comes.
 */
async function lockInstances(tx: Transaction, { tenantId }: RolloutOrder, { targets }: RolloutPlan): Promise<void> {
  await tx.query(
    'select id from instances where tenant_id = ? and id = any (?::uuid[]) order by id for no key update',
    [tenantId, idsOf(targets)],
  );
}

const idsOf = (targets: readonly PlannedTarget[]): string =>
  `{${targets.map(({ candidate }) => candidate.instanceId).join(',')}}`;

async function refuseConflicts(tx: Transaction, { tenantId }: RolloutOrder, plan: RolloutPlan): Promise<void> {
  const changing = plan.targets.filter(({ goal }) => goal);
  const [first] = await findConflicts(
    tx,
    tenantId,
    changing.map(({ candidate }) => candidate.instanceId),
  );
  if (!first) return;
  throw new Problem('rollout.conflict', `${first.name} has ${first.targets} of them.`, {
    extra: { rolloutId: first.rolloutId },
  });
}

const wavesOf = ({ tenantId, id, strategy }: Rollout, plan: RolloutPlan) =>
  strategy.waves.map(({ concurrency, bakeSeconds }, index) => ({
    tenantId,
    rolloutId: id,
    number: index + 1,
    phase: 'Pending' as const,
    targets: plan.targets.filter(({ wave }) => wave === index + 1).length,
    concurrency,
    bakeSeconds,
  }));

async function insertTargets(
  tx: Transaction,
  rollout: Rollout,
  { targets }: RolloutPlan,
  by: Requester,
): Promise<void> {
  const { tenantId, id } = rollout;
  const revisions = targets.flatMap(({ candidate: { instanceId }, goal }) =>
    goal && 'revision' in goal ? [{ instanceId, content: goal.revision }] : [],
  );
  const numbers = await insertRevisions(tx, tenantId, revisions, by);
  const rows = targets.map(({ candidate: { instanceId, revision }, wave, goal, refusal }, index) => ({
    instanceId,
    wave,
    position: index + 1,
    phase: refusal ? 'Skipped' : 'Pending',
    fromRevision: revision,
    toRevision: goal && 'toRevision' in goal ? goal.toRevision : (numbers.get(instanceId) ?? revision),
    error: refusal,
  }));
  await tx.query(
    `insert into rollout_targets (tenant_id, rollout_id, instance_id, wave, position, phase, from_revision, to_revision,
       error, ended_at)
     select ?::uuid, ?::uuid, x."instanceId", x.wave, x.position, x.phase, x."fromRevision", x."toRevision", x.error,
       case when x.phase = 'Skipped' then now() end
     from jsonb_to_recordset(?::jsonb) as x ("instanceId" uuid, wave int, position int, phase text, "fromRevision" int,
       "toRevision" int, error jsonb)`,
    [tenantId, id, JSON.stringify(rows)],
  );
}
