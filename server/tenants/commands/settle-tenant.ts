import { OperationKind } from '../../../workflows/contracts/operations.ts';
import type { Outcome } from '../../../workflows/contracts/steps.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Tenant } from '../tenant.entity.ts';

/** A tenant whose removal failed stays `Deleting`: its spaces may be half gone, and a retry goes on from there. */
export async function settleTenant(tx: Transaction, operation: Operation, outcome: Outcome): Promise<void> {
  if (operation.kind !== OperationKind.TenantDelete || outcome.phase !== 'Succeeded') return;
  const tenant = await tx.em.findOneOrFail(Tenant, { id: operation.tenantId });
  tenant.phase = 'Deleted';
  tx.emit({ type: 'tenant.deleted', tenantId: tenant.id, data: { name: tenant.name } });
}
