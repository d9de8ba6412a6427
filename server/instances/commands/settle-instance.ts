import { OperationKind } from '../../../workflows/contracts/operations.ts';
import type { Outcome } from '../../../workflows/contracts/steps.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import { OperationStep } from '../../operations/operation-step.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { settleQuota } from '../../quotas/commands/settle-quota.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import { holdingOf } from '../holding.ts';
import type { Instance } from '../instance.entity.ts';
import { emitInstance, refreshPhase } from './refresh-phase.ts';
import { returnToRevision } from './return-to-revision.ts';

/** What the end of an operation means for its instance: power, revisions, volume, last error, phase and quota. */
export async function settleInstance(
  tx: Transaction,
  instance: Instance,
  operation: Operation,
  outcome: Outcome,
): Promise<void> {
  const failedCreation = await applyOutcome(tx, instance, operation, outcome);
  await tx.em.flush();
  const told = await refreshPhase(tx, instance);

  const revision = await tx.em.findOneOrFail(Revision, {
    tenantId: instance.tenantId,
    instanceId: instance.id,
    number: instance.revision,
  });
  const holding = holdingOf(
    {
      power: instance.power,
      deleted: Boolean(instance.deletedAt),
      failedCreation,
      volumePresent: instance.volume === 'present',
    },
    revision.resources,
  );
  await settleQuota(tx, { tenantId: instance.tenantId, instanceId: instance.id }, holding);
  if (!told) emitInstance(tx, instance);
}

/** @returns true for a creation of which nothing is left */
async function applyOutcome(
  tx: Transaction,
  instance: Instance,
  operation: Operation,
  outcome: Outcome,
): Promise<boolean> {
  const { kind } = operation;
  if (outcome.phase === 'Succeeded') {
    succeed(instance, operation);
    return false;
  }
  instance.lastError = outcome.error;
  if (kind === OperationKind.InstanceProvision) return instance.volume !== 'present';
  if (changesRevision.includes(kind) && operation.previousRevision && outcome.undone) {
    await returnToRevision(tx, instance, operation.previousRevision);
    if (isForward(operation) && (await wasTouched(tx, operation))) instance.rollbacks += 1;
  }
  if (kind === OperationKind.InstanceStart && outcome.undone) instance.power = 'off';
  return false;
}

/** To a revision that the instance did not have before: numbers only grow. */
const isForward = ({ revision, previousRevision }: Operation): boolean => (revision ?? 0) > (previousRevision ?? 0);

/** What ended before it touched anything took nothing back. */
const wasTouched = async (tx: Transaction, { id }: Operation): Promise<boolean> =>
  (await tx.em.count(OperationStep, { operationId: id, name: { $in: ['restoreVersion', 'restoreRevision'] } })) > 0;

const changesRevision: readonly OperationKind[] = [
  OperationKind.InstanceUpdate,
  OperationKind.InstanceUpgrade,
  OperationKind.InstanceRollback,
];

const provesRevision: readonly OperationKind[] = [
  OperationKind.InstanceProvision,
  OperationKind.InstanceStart,
  OperationKind.InstanceRestart,
  ...changesRevision,
  OperationKind.InstanceSync,
];

function succeed(instance: Instance, operation: Operation): void {
  const { kind } = operation;
  // A parked agent keeps the error that parked it: it is the reason for the phase.
  if (kind !== OperationKind.InstanceHold) instance.lastError = null;
  if (provesRevision.includes(kind) && instance.power === 'on') instance.liveRevision = operation.revision;
  if (changesRevision.includes(kind)) countRollback(instance, operation);
  if (kind === OperationKind.InstanceDelete) {
    instance.deletedAt = new Date();
    instance.power = 'off';
    if (operation.input.purge && instance.volume === 'present') instance.volume = 'purged';
  }
  if (kind === OperationKind.InstancePurge) instance.volume = 'purged';
}

/**
 * A revision that was taken back counts, whoever took it back: a person, a rollout, or the operation that failed itself.
 * A person's own change that has come to a good end begins anew; a rollout's does not.
 */
function countRollback(instance: Instance, operation: Operation): void {
  if (!isForward(operation)) instance.rollbacks += 1;
  else if (!operation.rolloutId) instance.rollbacks = 0;
}
