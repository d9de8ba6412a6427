import { Problem } from '../../../workflows/contracts/problem.ts';
import type { RolloutKind } from '../../../workflows/contracts/rollouts.ts';
import { latestBackupFor } from '../../backups/latest-backup.ts';
import { bookRevision } from '../../instances/commands/book-revision.ts';
import { changePower, type Verb } from '../../instances/commands/change-power.ts';
import type { Instance } from '../../instances/instance.entity.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Revision } from '../../revisions/revision.entity.ts';

export interface Way {
  /** Locked by the caller. */
  instance: Instance;
  rolloutId: string;
  by: Requester;
}

type PowerKind = Extract<RolloutKind, 'start' | 'stop' | 'restart'>;

export const isPowerKind = (kind: RolloutKind): kind is PowerKind =>
  kind === 'start' || kind === 'stop' || kind === 'restart';

/** @throws Problem as `changePower` */
export const bookPower = (tx: Transaction, { instance, ...booked }: Way, verb: Verb): Promise<Operation> =>
  changePower(tx, { id: instance.id, verb, ...booked });

/** To a newer revision: with another agent version it takes care of the state. @throws Problem as `bookRevision` */
export async function bookForward(tx: Transaction, way: Way, number: number): Promise<Operation> {
  const kind = (await staysOnVersion(tx, way.instance, number)) ? 'instance.update' : 'instance.upgrade';
  return bookRevision(tx, { ...way, number, kind });
}

/**
 * Back to an older revision: where another agent version comes back with it, so does the copy of state that goes with it.
 * @throws Problem as `bookRevision`, 'backup.unknown'
 */
export async function bookBack(
  tx: Transaction,
  way: Way,
  number: number,
  { discardNewState }: { discardNewState: boolean },
): Promise<Operation> {
  const { instance } = way;
  if (await staysOnVersion(tx, instance, number)) return bookRevision(tx, { ...way, number, kind: 'instance.update' });
  const backup = await latestBackupFor(tx, instance.id, number);
  if (!backup) throw new Problem('backup.unknown', `There is no verified copy of the state of revision ${number}.`);
  const input = { backupId: backup.id, discardNewState };
  return bookRevision(tx, { ...way, number, kind: 'instance.rollback', input });
}

async function staysOnVersion(tx: Transaction, instance: Instance, number: number): Promise<boolean> {
  const { tenantId, id: instanceId, revision } = instance;
  const found = await tx.em.find(Revision, { tenantId, instanceId, number: { $in: [revision, number] } });
  return new Set(found.map(({ agentVersionId }) => agentVersionId)).size === 1;
}
