import { Problem } from '../../../workflows/contracts/problem.ts';
import { AgentVersion } from '../../agents/agent-version.entity.ts';
import { latestBackupFor } from '../../backups/latest-backup.ts';
import { refuseWhileBusy } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import type { Instance } from '../instance.entity.ts';
import { lockInstance } from '../require-instance.ts';
import { bookRevision } from './book-revision.ts';

export interface RollbackInstance {
  id: string;
  /** Left out: the one that the present one came after. */
  revision?: number;
  /** Go back though the instance has done new work since the copy of its state. */
  discardNewState: boolean;
  by: Requester;
}

/**
 * Books the way back to an earlier revision: with the state of that time where another version of the agent ran then.
 * @throws Problem 'instance.unknown', 'instance.deleted', 'instance.busy', 'instance.state-conflict', 'request.unfit',
 *   'backup.unknown', 'agent.version-withdrawn', 'quota.exceeded'
 */
export async function rollbackInstance(tx: Transaction, order: RollbackInstance): Promise<Operation> {
  const { discardNewState, by } = order;
  const instance = await lockInstance(tx, order.id);
  if (instance.deletedAt) throw new Problem('instance.deleted');
  await refuseWhileBusy(tx, instance);
  const number = order.revision ?? (await revisionBefore(tx, instance));
  if (number === instance.revision)
    throw new Problem('instance.state-conflict', `It is at revision ${number} already.`);
  const { agentVersionId: present } = await requireRevision(tx, instance, instance.revision);
  const { agentVersionId: wanted } = await requireRevision(tx, instance, number);
  if (present === wanted) return bookRevision(tx, { instance, number, kind: 'instance.update', by });

  const { status, version } = await tx.em.findOneOrFail(AgentVersion, { id: wanted });
  if (status === 'withdrawn') throw new Problem('agent.version-withdrawn', version);
  const backup = await latestBackupFor(tx, instance.id, number);
  if (!backup) throw new Problem('backup.unknown', `There is no copy of a state that ${version} can read.`);
  const input = { backupId: backup.id, ...(discardNewState && { discardNewState }) };
  return bookRevision(tx, { instance, number, kind: 'instance.rollback', input, by });
}

async function requireRevision(tx: Transaction, { tenantId, id }: Instance, number: number): Promise<Revision> {
  const revision = await tx.em.findOne(Revision, { tenantId, instanceId: id, number });
  if (revision) return revision;
  const faults = [{ pointer: '/revision', detail: `The instance has no revision ${number}.` }];
  throw new Problem('request.unfit', undefined, { faults });
}

async function revisionBefore(tx: Transaction, { id, revision }: Instance): Promise<number> {
  const [row] = await tx.query<{ previous: number }>(
    `select previous_revision as previous from operations
     where instance_id = ? and revision = ? and previous_revision is not null and previous_revision <> revision
       and phase = 'Succeeded' and kind in ('instance.update', 'instance.upgrade', 'instance.rollback')
     order by created_at desc limit 1`,
    [id, revision],
  );
  if (!row) throw new Problem('instance.state-conflict', 'There is no revision that it could go back to.');
  return row.previous;
}
