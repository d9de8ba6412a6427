import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Tenant } from '../../tenants/tenant.entity.ts';
import { Cluster } from '../cluster.entity.ts';

export interface AllowClusters {
  tenantId: string;
  /** Null: every shared cluster, also those to come. */
  clusterIds: string[] | null;
  expectedGeneration: number;
  by: Requester;
}

/**
 * For new instances; those that are placed elsewhere stay. What belongs to the tenant alone is always allowed to it.
 * @throws Problem 'tenant.unknown', 'cluster.unknown' with pointers, 'request.stale'
 */
export async function allowClusters(tx: Transaction, order: AllowClusters): Promise<Tenant> {
  const tenant = await lockRow(tx, Tenant, 'tenants', order.tenantId);
  if (!tenant || tenant.phase === 'Deleted') throw new Problem('tenant.unknown', order.tenantId);
  requireGeneration(tenant, order.expectedGeneration);
  const wanted = order.clusterIds && [...new Set(order.clusterIds.map((id) => id.toLowerCase()))];
  await requireAll(tx, order.clusterIds ?? []);
  const before = { allowedClusters: tenant.allowedClusters ?? null };
  Object.assign(tenant, { allowedClusters: wanted, generation: tenant.generation + 1 });
  recordChange(tx, {
    noun: 'tenant',
    verb: 'update',
    object: { id: tenant.id, name: tenant.name, tenantId: tenant.id },
    by: order.by,
    before,
    after: { allowedClusters: wanted },
  });
  await tx.em.flush();
  return tenant;
}

async function requireAll(tx: Transaction, ids: readonly string[]): Promise<void> {
  const known = await tx.em.find(Cluster, { id: { $in: [...ids] } }, { fields: ['id'] });
  const found = new Set(known.map(({ id }) => id));
  const faults = ids.flatMap((id, index) =>
    found.has(id.toLowerCase()) ? [] : [{ pointer: `/clusterIds/${index}`, detail: 'There is no such cluster.' }],
  );
  if (faults.length > 0) throw new Problem('cluster.unknown', undefined, { faults });
}
