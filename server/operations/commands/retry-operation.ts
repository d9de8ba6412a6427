import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { OperationKind } from '../../../workflows/contracts/operations.ts';
import { refreshPhase } from '../../instances/commands/refresh-phase.ts';
import type { Instance } from '../../instances/instance.entity.ts';
import { returnToRevision } from '../../instances/commands/return-to-revision.ts';
import { previousRevisionOf } from '../../instances/previous-revision.ts';
import { lockInstance } from '../../instances/require-instance.ts';
import { lockRow } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { reserveQuota } from '../../quotas/commands/reserve-quota.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import { Tenant } from '../../tenants/tenant.entity.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import { newestOperationOf } from '../newest-operation.ts';
import type { Operation } from '../operation.entity.ts';
import { requireOperation } from '../require-operation.ts';
import { isRetryable } from '../retryable.ts';
import type { Requester } from '../requester.ts';
import { requestOperation } from './request-operation.ts';

const changesRevision: readonly OperationKind[] = [
  OperationKind.InstanceUpdate,
  OperationKind.InstanceUpgrade,
  OperationKind.InstanceRollback,
];

/** Power that these kinds are about; a retry wants it again. */
const powerOf: Partial<Record<OperationKind, Instance['power']>> = {
  [OperationKind.InstanceProvision]: 'on',
  [OperationKind.InstanceStart]: 'on',
  [OperationKind.InstanceStop]: 'off',
  [OperationKind.InstanceKill]: 'off',
};

/**
 * A new operation of the same kind with the same input; the failed one stays as it ended. Only the newest of its
 * subject: an older one belongs to a state that is gone.
 * @throws Problem 'operation.unknown', 'operation.not-retryable', 'instance.deleted', 'instance.busy', 'tenant.busy',
 *   'quota.exceeded'
 */
export async function retryOperation(tx: Transaction, id: string, by: Requester): Promise<Operation> {
  const failed = await requireOperation(tx, id);
  const newest = await newestOperationOf(tx, failed);
  if (!isRetryable({ ...failed, newest: newest === id })) {
    const reason = newest === id ? `It ended ${failed.phase}.` : 'A newer operation came after it.';
    throw new Problem('operation.not-retryable', reason);
  }
  const tenant = await requireTenant(tx, failed.tenantId);
  const { kind } = failed;
  if (!failed.instanceId) {
    await lockRow(tx, Tenant, 'tenants', tenant.id);
    return requestOperation(tx, { kind, tenant, retryOf: id, by });
  }

  const instance = await lockInstance(tx, failed.instanceId);
  if (instance.deletedAt && kind !== OperationKind.InstancePurge) throw new Problem('instance.deleted');
  if (kind === OperationKind.InstanceProvision && (instance.volume === 'present' || instance.liveRevision)) {
    throw new Problem('operation.not-retryable', 'The instance exists by now: update, start or sync it instead.');
  }
  const isUpdate = changesRevision.includes(kind);
  const revision = isUpdate ? (failed.revision ?? instance.revision) : instance.revision;
  const operation = await requestOperation(tx, {
    kind,
    tenant,
    instance,
    input: kind === OperationKind.InstanceRestart ? { restartToken: uuidv7() } : failed.input,
    revision,
    previousRevision: isUpdate ? await previousRevisionOf(tx, instance) : undefined,
    retryOf: id,
    by,
  });
  if (isUpdate) await returnToRevision(tx, instance, revision);
  instance.power = powerOf[kind] ?? instance.power;
  if (isUpdate || instance.power === 'on') await reserveAgain(tx, instance);
  await tx.em.flush();
  await refreshPhase(tx, instance);
  return operation;
}

async function reserveAgain(tx: Transaction, { tenantId, id, revision, power }: Instance): Promise<void> {
  const { resources } = await tx.em.findOneOrFail(Revision, { tenantId, instanceId: id, number: revision });
  const held = power === 'on' ? resources : { ...resources, cpuMillis: 0, memoryBytes: 0 };
  await reserveQuota(tx, { tenantId, instanceId: id, ...held, instances: 1 });
}
