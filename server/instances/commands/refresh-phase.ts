import { activeOperationPhases } from '../../../workflows/contracts/phases.ts';
import { Cluster } from '../../clusters/cluster.entity.ts';
import { Operation } from '../../operations/operation.entity.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { Instance } from '../instance.entity.ts';
import { ObservedState } from '../observed-state.entity.ts';
import { phaseOf, type ObservedFacts } from '../phase-of.ts';

const nothingThere: ObservedFacts = {
  exists: false,
  processPresent: false,
  ready: false,
  current: false,
  exitCode: null,
  reason: null,
};

/**
 * Stores the phase that follows from desired, observed and running operation, and says so when it is a new one.
 * @returns whether it is
 */
export async function refreshPhase(tx: Transaction, instance: Instance): Promise<boolean> {
  const { tenantId, id } = instance;
  const active = await tx.em.findOne(Operation, {
    tenantId,
    instanceId: id,
    phase: { $in: [...activeOperationPhases] },
  });
  const observed = await tx.em.findOne(ObservedState, { tenantId, instanceId: id });
  const cluster = await tx.em.findOneOrFail(Cluster, { id: instance.clusterId });

  const phase = phaseOf(
    {
      power: instance.power,
      everLive: instance.liveRevision !== null && instance.liveRevision !== undefined,
      placed: instance.volume === 'present',
      deleted: Boolean(instance.deletedAt),
      lastErrorCode: instance.lastError?.code ?? null,
    },
    cluster.phase === 'Ready' ? factsOf(observed) : null,
    active?.kind ?? null,
  );
  if (phase === instance.phase) return false;
  instance.phase = phase;
  instance.phaseSince = new Date();
  emitInstance(tx, instance);
  return true;
}

function factsOf(observed: ObservedState | null): ObservedFacts {
  if (!observed) return nothingThere;
  const { exists, processPresent, ready, current } = observed;
  return {
    exists,
    processPresent,
    ready,
    current,
    exitCode: observed.exitCode ?? null,
    reason: observed.reason ?? null,
  };
}

export function emitInstance(tx: Transaction, instance: Instance): void {
  tx.emit({
    type: 'instance.changed',
    tenantId: instance.tenantId,
    projectId: instance.projectId,
    instanceId: instance.id,
    data: { name: instance.name, phase: instance.phase },
  });
}
