import { Problem } from '../../../workflows/contracts/problem.ts';
import { requestOperation } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { lockQuota } from '../../quotas/commands/lock-quota.ts';
import { describeRemains, remainsOf } from '../remains-of.ts';
import { Tenant } from '../tenant.entity.ts';

/**
 * Closes the tenant for anything new and books the removal of its space on every cluster. A deletion that failed can
 * be asked for again. The quota lock keeps an instance from being created beside it.
 * @throws Problem 'tenant.unknown', 'tenant.busy', 'tenant.not-empty', 'request.stale'
 */
export async function deleteTenant(
  tx: Transaction,
  { id, expectedGeneration, by }: { id: string; expectedGeneration: number; by: Requester },
): Promise<Operation> {
  const tenant = await lockRow(tx, Tenant, 'tenants', id);
  if (!tenant || tenant.phase === 'Deleted') throw new Problem('tenant.unknown', id);
  requireGeneration(tenant, expectedGeneration);
  await lockQuota(tx, id);
  const remains = await remainsOf(tx, { tenantId: id });
  if (remains.instances + remains.keptVolumes > 0) {
    throw new Problem('tenant.not-empty', describeRemains(remains), { extra: { ...remains } });
  }
  tenant.phase = 'Deleting';
  tenant.generation += 1;
  tx.emit({
    type: 'tenant.updated',
    tenantId: id,
    actorName: by.name,
    data: { id, name: tenant.name, phase: tenant.phase },
  });
  return requestOperation(tx, { kind: 'tenant.delete', tenant, by });
}
