import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Rights } from '../../access/rights.ts';
import type { RecordedError } from '../../operations/operation.entity.ts';
import { platformRequester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Rollout } from '../rollout.entity.ts';
import { bookBack } from './book-way.ts';
import { lockTarget } from './lock-target.ts';
import { requesterOfRollout } from './requester-of-rollout.ts';
import { lostRights } from './rights-now.ts';

const undoable = ['Updated', 'Failed', 'RollbackFailed'] as const;

/**
 * Starts the way back of one target: in the name of who asked for the rollout while he may that, else of the platform,
 * which does not leave what it knows to be bad (see `docs/adr/0010-the-way-back-needs-no-right.md`). True where it did: everything else, the rollout paused meanwhile included, changes
 * nothing.
 * @throws Problem why it cannot go back, now or ever: see `leaveRolledOut`
 */
export async function rollBackTarget(
  tx: Transaction,
  rights: Rights,
  rollout: Rollout,
  instanceId: string,
): Promise<boolean> {
  const { tenantId, id: rolloutId } = rollout;
  const place = { tenantId, rolloutId, instanceId };
  const locked = await lockTarget(tx, place, { rollout: 'RollingBack', target: undoable });
  if (!locked) return false;
  const { instance, fromRevision, toRevision, clusterReady } = locked;
  if (instance.deletedAt) throw new Problem('instance.deleted');
  if (!clusterReady) throw new Problem('cluster.unavailable', 'Its cluster does not answer.');
  if (instance.revision !== toRevision) {
    throw new Problem('rollout.superseded-revision', `It is at revision ${instance.revision}, not ${toRevision}.`);
  }
  // The rollout before it had done the same already: nothing was changed here.
  const isUntouched = fromRevision === toRevision;
  const lost = await lostRights(tx, rights, rollout, instance.projectId);
  const by = lost === null ? requesterOfRollout(rollout) : platformRequester;
  const way = { instance, rolloutId, by };
  const { discardNewState } = rollout;
  const operation = isUntouched ? null : await bookBack(tx, way, fromRevision, { discardNewState });
  await tx.em.flush();
  await tx.query(
    `update rollout_targets set phase = ?, rollback_operation_id = ?, error = null, ended_at = case when ? then now() end
     where rollout_id = ? and instance_id = ?`,
    [isUntouched ? 'RolledBack' : 'RollingBack', operation?.id ?? null, isUntouched, rolloutId, instanceId],
  );
  return true;
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
