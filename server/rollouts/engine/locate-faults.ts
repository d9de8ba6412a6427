import type { Fault } from '../../../workflows/contracts/problems.ts';
import { sourcePointer } from '../../configs/source-pointer.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Revision } from '../../revisions/revision.entity.ts';
import type { Brought } from './configurations-of.ts';

/** Faults of what a rollout brings, each where its author finds it: in the layer that the value comes from. */
export async function locateFaults<Refused extends Brought & { faults: Fault[] }>(
  tx: Transaction,
  tenantId: string,
  refused: readonly Refused[],
): Promise<Refused[]> {
  if (refused.length === 0) return [];
  const revisions = await tx.em.find(Revision, {
    tenantId,
    $or: refused.map(({ instanceId, revision: number }) => ({ instanceId, number })),
  });
  const provenances = new Map(revisions.map(({ instanceId, provenance }) => [instanceId, provenance ?? null]));
  return refused.map((one) => ({
    ...one,
    faults: one.faults.map(({ pointer, detail }) => ({
      pointer: sourcePointer(pointer, `/instances/${one.instanceName}`, provenances.get(one.instanceId) ?? null),
      detail,
    })),
  }));
}
