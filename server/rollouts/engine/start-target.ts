import { Problem } from '../../../workflows/contracts/problem.ts';
import type { RolloutKind } from '../../../workflows/contracts/rollouts.ts';
import type { Rights } from '../../access/rights.ts';
import type { Instance } from '../../instances/instance.entity.ts';
import type { Operation, RecordedError } from '../../operations/operation.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Rollout } from '../rollout.entity.ts';
import { bookBack, bookForward, bookPower, isPowerKind, type Way } from './book-way.ts';
import { lockTarget, type LockedTarget } from './lock-target.ts';
import { replanTarget } from './replan-target.ts';
import { requesterOfRollout } from './requester-of-rollout.ts';
import { lostRights, RightsLost } from './rights-now.ts';

/** Rolled back so often, it is for a person to find out why. */
const rollbacksAtMost = 3;

/**
 * Starts the operation of one target, if its requester still may. True where it did: everything else, the rollout paused meanwhile or the target
 * begun by somebody else included, changes nothing.
 * @throws RightsLost
 * @throws Problem why this target cannot be started, now or ever: see `leaveTarget`
 */
export async function startTarget(
  tx: Transaction,
  rights: Rights,
  rollout: Rollout,
  instanceId: string,
): Promise<boolean> {
  const { tenantId, id: rolloutId } = rollout;
  const place = { tenantId, rolloutId, instanceId };
  const locked = await lockTarget(tx, place, { rollout: 'Progressing', target: ['Pending', 'Waiting'] });
  if (!locked) return false;
  const lost = await lostRights(tx, rights, rollout, locked.instance.projectId);
  if (lost !== null) throw new RightsLost(lost);
  const { change } = rollout;
  refuse(locked, change.kind);
  const number = await goalOf(tx, rollout, locked);
  const operation = number === null ? null : await book(tx, rollout, locked.instance, number);
  await tx.em.flush();
  await tx.query(
    `update rollout_targets set phase = ?, operation_id = ?, attempts = attempts + 1, error = null,
       started_at = now(), ended_at = case when ? then now() end
     where rollout_id = ? and instance_id = ?`,
    [operation ? 'Updating' : 'Updated', operation?.id ?? null, operation === null, rolloutId, instanceId],
  );
  return true;
}

/** Null where the rollout before it has done the same already. */
function goalOf(tx: Transaction, rollout: Rollout, target: LockedTarget): Promise<number | null> | number {
  return hasMoved(target, rollout.kind) ? replanTarget(tx, rollout, target.instance) : target.toRevision;
}

function book(tx: Transaction, rollout: Rollout, instance: Instance, number: number): Promise<Operation> {
  const { change } = rollout;
  const way: Way = { instance, rolloutId: rollout.id, by: requesterOfRollout(rollout) };
  switch (change.kind) {
    case 'start':
    case 'stop':
    case 'restart':
      return bookPower(tx, way, change.kind);
    case 'rollback':
      return bookBack(tx, way, number, { discardNewState: change.discardNewState || rollout.discardNewState });
    default:
      return bookForward(tx, way, number);
  }
}

const hasMoved = ({ instance, fromRevision }: LockedTarget, kind: RolloutKind): boolean =>
  !isPowerKind(kind) && instance.revision !== fromRevision;

const bringsSomethingNew = (kind: RolloutKind): boolean => kind === 'configuration' || kind === 'image';

function refuse(target: LockedTarget, kind: RolloutKind): void {
  const { instance, fromRevision, clusterReady, heldBy, waitedFor } = target;
  if (instance.deletedAt) throw new Problem('instance.deleted');
  if (bringsSomethingNew(kind) && instance.rollbacks >= rollbacksAtMost) {
    throw new Problem('instance.rolled-back-often');
  }
  if (heldBy !== null) throw new Problem('rollout.conflict', `It waits for the rollout ${heldBy}.`);
  if (hasMoved(target, kind) && !(waitedFor && bringsSomethingNew(kind))) {
    throw new Problem('rollout.superseded-revision', `It is at revision ${instance.revision}, not ${fromRevision}.`);
  }
  if (!clusterReady) throw new Problem('cluster.unavailable', 'Its cluster does not answer.');
}

/** What keeps a target for now; what else was said of it is final. */
const passing: readonly RecordedError['code'][] = ['instance.busy', 'rollout.conflict', 'cluster.unavailable'];
/** Not for this rollout to change, and no failure of it either. */
const leftAlone: readonly RecordedError['code'][] = [
  'instance.deleted',
  'instance.rolled-back-often',
  'instance.state-conflict',
  'agent.version-unfit',
  'rollout.superseded-revision',
];

/** Writes down why a target was not started. @returns false where it may be tried again later */
export async function leaveTarget(
  tx: Transaction,
  { id: rolloutId }: Rollout,
  instanceId: string,
  error: RecordedError,
): Promise<boolean> {
  const isPassing = passing.includes(error.code);
  const phase = isPassing ? 'Waiting' : leftAlone.includes(error.code) ? 'Skipped' : 'Failed';
  await tx.query(
    `update rollout_targets set phase = ?, error = ?, ended_at = case when ? then null else now() end
     where rollout_id = ? and instance_id = ? and phase in ('Pending', 'Waiting')`,
    [phase, JSON.stringify(error), isPassing, rolloutId, instanceId],
  );
  return !isPassing;
}
