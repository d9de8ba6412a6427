import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../../workflows/contracts/problem.ts';
import { OperationKind } from '../../../workflows/contracts/operations.ts';
import { refreshPhase } from '../../instances/commands/refresh-phase.ts';
import type { Instance } from '../../instances/instance.entity.ts';
import { lockInstance } from '../../instances/require-instance.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { reserveQuota } from '../../quotas/commands/reserve-quota.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import { requireTenant } from '../../tenants/require-tenant.ts';
import type { Operation } from '../operation.entity.ts';
import { requireOperation } from '../require-operation.ts';
import type { Requester } from '../requester.ts';
import { requestOperation } from './request-operation.ts';

const endings: readonly string[] = ['Failed', 'Cancelled'];
const powersOn: readonly OperationKind[] = [
  OperationKind.InstanceProvision,
  OperationKind.InstanceStart,
  OperationKind.InstanceUpdate,
];

/**
 * A new operation of the same kind with the same input; the failed one stays as it ended.
 * @throws Problem 'operation.unknown', 'operation.not-retryable', 'instance.deleted', 'instance.busy', 'quota.exceeded'
 */
export async function retryOperation(tx: Transaction, id: string, by: Requester): Promise<Operation> {
  const failed = await requireOperation(tx, id);
  if (!endings.includes(failed.phase)) throw new Problem('operation.not-retryable', failed.phase);
  const tenant = await requireTenant(tx, failed.tenantId);
  const { kind } = failed;
  if (!failed.instanceId) return requestOperation(tx, { kind, tenant, retryOf: id, by });

  const instance = await lockInstance(tx, failed.instanceId);
  if (instance.deletedAt && kind !== OperationKind.InstancePurge) throw new Problem('instance.deleted');
  const revision = revisionAfter(instance, failed);
  const operation = await requestOperation(tx, {
    kind,
    tenant,
    instance,
    input: kind === OperationKind.InstanceRestart ? { restartToken: uuidv7() } : failed.input,
    revision,
    previousRevision: kind === OperationKind.InstanceUpdate ? instance.revision : undefined,
    retryOf: id,
    by,
  });
  instance.revision = revision;
  if (powersOn.includes(kind)) await reserveAgain(tx, instance, kind);
  await tx.em.flush();
  await refreshPhase(tx, instance);
  return operation;
}

/** An update is tried with the revision that had failed; everything else with the one wanted now. */
const revisionAfter = (instance: Instance, failed: Operation): number =>
  failed.kind === OperationKind.InstanceUpdate ? (failed.revision ?? instance.revision) : instance.revision;

async function reserveAgain(tx: Transaction, instance: Instance, kind: OperationKind): Promise<void> {
  if (kind !== OperationKind.InstanceUpdate) instance.power = 'on';
  const { tenantId, id, revision, power } = instance;
  const { resources } = await tx.em.findOneOrFail(Revision, { tenantId, instanceId: id, number: revision });
  const running = power === 'on' ? resources : { ...resources, cpuMillis: 0, memoryBytes: 0 };
  await reserveQuota(tx, { tenantId, instanceId: id, ...running, instances: 1 });
}
