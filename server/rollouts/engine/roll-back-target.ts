import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Operation, RecordedError } from '../../operations/operation.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Rollout } from '../rollout.entity.ts';
import { bookBack, bookPower, type Way } from './book-way.ts';
import { lockTarget, type LockedTarget } from './lock-target.ts';
import { requesterOfRollout } from './requester-of-rollout.ts';

const undoable = ['Updated', 'Failed', 'RollbackFailed'] as const;

/**
 * Starts the way back of one target; of a restart there is nothing to be taken back. True where something was done.
 * @throws Problem why it cannot go back, now or ever: see `leaveRolledOut`
 */
export async function rollBackTarget(tx: Transaction, rollout: Rollout, instanceId: string): Promise<boolean> {
  const { tenantId, id: rolloutId } = rollout;
  const place = { tenantId, rolloutId, instanceId };
  const locked = await lockTarget(tx, place, { rollout: 'RollingBack', target: undoable });
  if (!locked) return false;
  if (locked.instance.deletedAt) throw new Problem('instance.deleted');
  if (!locked.clusterReady) throw new Problem('cluster.unavailable', 'Its cluster does not answer.');
  const operation = await bookUndo(tx, rollout, locked);
  await tx.em.flush();
  await tx.query(
    `update rollout_targets set phase = ?, rollback_operation_id = coalesce(?::uuid, rollback_operation_id),
       error = null, ended_at = case when ? then null else now() end
     where rollout_id = ? and instance_id = ?`,
    [operation ? 'RollingBack' : 'RolledBack', operation?.id ?? null, operation !== null, rolloutId, instanceId],
  );
  return true;
}

async function bookUndo(tx: Transaction, rollout: Rollout, locked: LockedTarget): Promise<Operation | null> {
  const { instance, fromRevision, toRevision } = locked;
  const way: Way = { instance, rolloutId: rollout.id, by: requesterOfRollout(rollout) };
  switch (rollout.change.kind) {
    case 'restart':
      return null;
    case 'start':
      return instance.power === 'off' ? null : bookPower(tx, way, 'stop');
    case 'stop':
      return instance.power === 'on' ? null : bookPower(tx, way, 'start');
    default:
      if (instance.revision !== toRevision) {
        throw new Problem('rollout.superseded-revision', `It is at revision ${instance.revision}, not ${toRevision}.`);
      }
      return bookBack(tx, way, fromRevision, { discardNewState: rollout.discardNewState });
  }
}

/** Tried again until it works: giving up would leave the instance at what is known to be bad. */
const passing: readonly RecordedError['code'][] = ['instance.busy', 'cluster.unavailable'];

/** Writes down why a target did not go back. @returns false where it may be tried again later */
export async function leaveRolledOut(
  tx: Transaction,
  { id: rolloutId }: Rollout,
  instanceId: string,
  error: RecordedError,
): Promise<boolean> {
  const isPassing = passing.includes(error.code);
  if (isPassing) return false;
  const phase = error.code === 'instance.deleted' ? 'Skipped' : 'RollbackFailed';
  await tx.query(
    `update rollout_targets set phase = ?, error = ?, ended_at = now()
     where rollout_id = ? and instance_id = ? and phase in ('Updated', 'Failed', 'RollbackFailed')`,
    [phase, JSON.stringify(error), rolloutId, instanceId],
  );
  return true;
}
