import { activeOperationPhases } from '../../workflows/contracts/phases.ts';
import { Instance } from '../instances/instance.entity.ts';
import { Operation } from '../operations/operation.entity.ts';
import type { BookedOperation, Transaction } from '../persistence/transaction.ts';

export type OpenOperation = BookedOperation;

/** Younger ones are being started by whoever booked them. */
const ageSeconds = 2;
const atMost = 1_000;

/** Operations that have not ended, oldest first. */
export async function openOperations({ em }: Transaction): Promise<OpenOperation[]> {
  const operations = await em.find(
    Operation,
    { phase: { $in: [...activeOperationPhases] }, createdAt: { $lt: new Date(Date.now() - ageSeconds * 1_000) } },
    { orderBy: { createdAt: 'asc' }, limit: atMost },
  );
  const ids = operations.flatMap(({ instanceId }) => instanceId ?? []);
  const instances = await em.find(Instance, { id: { $in: ids } }, { fields: ['id', 'tenantId', 'clusterId'] });
  const clusterOf = new Map(instances.map(({ id, clusterId }) => [id, clusterId]));
  return operations.map((operation) => ({
    operation,
    clusterId: operation.instanceId ? (clusterOf.get(operation.instanceId) ?? null) : null,
  }));
}
