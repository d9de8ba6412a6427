import { requestOperation } from '../../operations/commands/request-operation.ts';
import { platformRequester } from '../../operations/requester.ts';
import type { Operation, RecordedError } from '../../operations/operation.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import { lockInstance } from '../require-instance.ts';
import { refreshPhase } from './refresh-phase.ts';

/**
 * Books the parking of an agent that ended itself over its configuration. Power stays on: an update tries again.
 * @returns null where it has been mended, stopped or deleted since it was seen
 * @throws Problem 'instance.busy' when an operation has it in hand already
 */
export async function holdInstance(tx: Transaction, id: string, error: RecordedError): Promise<Operation | null> {
  const instance = await lockInstance(tx, id);
  if (instance.phase !== 'Misconfigured' || instance.power === 'off' || instance.deletedAt) return null;
  const tenant = await requireTenant(tx, instance.tenantId);
  const operation = await requestOperation(tx, { kind: 'instance.hold', tenant, instance, by: platformRequester });
  instance.lastError = error;
  await tx.em.flush();
  await refreshPhase(tx, instance);
  return operation;
}
