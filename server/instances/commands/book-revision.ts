import { Problem } from '../../../workflows/contracts/problem.ts';
import type { OperationKind } from '../../../workflows/contracts/operations.ts';
import { requestOperation } from '../../operations/commands/request-operation.ts';
import type { Operation, OperationInputRecord } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { reserveQuota } from '../../quotas/commands/reserve-quota.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import { atLeast, holdingOf } from '../holding.ts';
import type { Instance } from '../instance.entity.ts';
import { previousRevisionOf } from '../previous-revision.ts';
import { refreshPhase } from './refresh-phase.ts';

export interface BookRevision {
  /** Locked by the caller. */
  instance: Instance;
  /** A revision of this instance that exists. */
  number: number;
  kind: Extract<OperationKind, 'instance.update' | 'instance.upgrade' | 'instance.rollback'>;
  input?: OperationInputRecord;
  rolloutId?: string;
  by: Requester;
}

/**
 * Books the way of an instance to one of its revisions: quota for the larger of both, the wanted revision, the operation.
 * @throws Problem 'instance.deleted', 'instance.busy', 'instance.state-conflict', 'quota.exceeded'
 */
export async function bookRevision(tx: Transaction, order: BookRevision): Promise<Operation> {
  const { instance, number, kind, by } = order;
  const { tenantId, id: instanceId } = instance;
  if (instance.deletedAt) throw new Problem('instance.deleted');
  if (instance.phase === 'Failed') {
    throw new Problem(
      'instance.state-conflict',
      'Its creation failed and left nothing: delete it, or retry the creation.',
    );
  }
  const of = (wanted: number) => tx.em.findOneOrFail(Revision, { tenantId, instanceId, number: wanted });
  const [present, next] = [await of(instance.revision), await of(number)];
  const state = { power: instance.power, deleted: false, failedCreation: false, volumePresent: true };
  const held = atLeast(holdingOf(state, present.resources), holdingOf(state, next.resources));
  const previousRevision = await previousRevisionOf(tx, instance);
  const tenant = await requireTenant(tx, tenantId);
  const operation = await requestOperation(tx, {
    kind,
    tenant,
    instance,
    input: order.input,
    before: told(present),
    after: told(next),
    revision: number,
    previousRevision,
    rolloutId: order.rolloutId,
    by,
  });
  await reserveQuota(tx, { tenantId, instanceId, ...held });
  instance.revision = number;
  instance.templateId = next.templateId ?? null;
  instance.templateVersion = next.templateVersion ?? null;
  await tx.em.flush();
  await refreshPhase(tx, instance);
  return operation;
}

/** The hash says whether the configuration is another one; its body is nothing for an audit. */
const told = ({ number, agentVersionId, configurationHash, resources }: Revision) => ({
  revision: number,
  agentVersionId,
  configurationHash,
  resources,
});
