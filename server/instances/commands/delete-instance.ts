import { Problem } from '../../../workflows/contracts/problem.ts';
import { requestOperation } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import { requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import { lockInstance } from '../require-instance.ts';
import { refreshPhase } from './refresh-phase.ts';

export interface DeleteInstance {
  id: string;
  expectedGeneration: number;
  purge: boolean;
  /** The instance's name, typed again; needed for a purge only. */
  confirm: string | undefined;
  by: Requester;
}

/**
 * Books the removal of an instance; whatever else runs on it is superseded. The volume stays unless `purge`, then or
 * for an instance that is deleted already.
 * @throws Problem 'instance.unknown', 'instance.deleted', 'instance.purge-unconfirmed', 'request.stale', 'instance.busy'
 */
export async function deleteInstance(tx: Transaction, order: DeleteInstance): Promise<Operation> {
  const instance = await lockInstance(tx, order.id);
  requireGeneration(instance, order.expectedGeneration);
  if (order.purge && order.confirm !== instance.name) throw new Problem('instance.purge-unconfirmed');
  const tenant = await requireTenant(tx, instance.tenantId);

  if (instance.deletedAt) {
    if (!order.purge || instance.volume !== 'present') throw new Problem('instance.deleted');
    return requestOperation(tx, { kind: 'instance.purge', tenant, instance, by: order.by });
  }
  const operation = await requestOperation(tx, {
    kind: 'instance.delete',
    tenant,
    instance,
    input: { purge: order.purge },
    by: order.by,
  });
  instance.power = 'off';
  await tx.em.flush();
  await refreshPhase(tx, instance);
  return operation;
}
