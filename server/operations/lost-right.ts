import { lostRight } from '../access/lost-right.ts';
import type { Rights } from '../access/rights.ts';
import { Instance } from '../instances/instance.entity.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Operation } from './operation.entity.ts';
import { permissionToRepeat } from './retryable.ts';

/**
 * Why an operation must not go on: whoever asked for it could not ask for it any more. Null while he could, and for what
 * a rollout does, which asks for itself before each target (docs/adr/0020-each-effect-needs-the-right.md).
 */
export async function lostRightTo(tx: Transaction, rights: Rights, operation: Operation): Promise<string | null> {
  const { tenantId, projectId, instanceId, requestedBy, rolloutId } = operation;
  if (!requestedBy || rolloutId) return null;
  const instance = instanceId && (await tx.em.findOne(Instance, { id: instanceId }, { fields: ['createdBy'] }));
  const on = { tenantId, projectId, createdBy: (instance && instance.createdBy) ?? null };
  const right = permissionToRepeat(operation);
  return lostRight(tx, rights, requestedBy, ({ can }) => (can(right, on) ? null : right));
}
