import type { activeOperationPhases } from '../../workflows/contracts/phases.ts';
import { Instance } from '../instances/instance.entity.ts';
import { Operation } from '../operations/operation.entity.ts';
import type { BookedOperation, Transaction } from '../persistence/transaction.ts';

export type OpenOperation = BookedOperation;
type ActivePhase = (typeof activeOperationPhases)[number];

/** Younger ones are being started by whoever booked them. */
const ageSeconds = 2;
export const pageSize = 500;

/** A page of the operations that have not ended, by id and so about by age; `after` the last one of the page before. */
export async function openOperations(
  { em }: Transaction,
  phases: readonly ActivePhase[],
  after: string | null,
): Promise<OpenOperation[]> {
  const operations = await em.find(
    Operation,
    {
      phase: { $in: [...phases] },
      createdAt: { $lt: new Date(Date.now() - ageSeconds * 1_000) },
      ...(after !== null && { id: { $gt: after } }),
    },
    { orderBy: { id: 'asc' }, limit: pageSize },
  );
  const ids = operations.flatMap(({ instanceId }) => instanceId ?? []);
  const instances = await em.find(Instance, { id: { $in: ids } }, { fields: ['id', 'tenantId', 'clusterId'] });
  const clusterOf = new Map(instances.map(({ id, clusterId }) => [id, clusterId]));
  return operations.map((operation) => ({
    operation,
    clusterId: operation.instanceId ? (clusterOf.get(operation.instanceId) ?? null) : null,
  }));
}
