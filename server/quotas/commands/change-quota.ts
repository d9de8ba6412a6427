import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import { requestOperation } from '../../operations/commands/request-operation.ts';
import type { Operation } from '../../operations/operation.entity.ts';
import type { Requester } from '../../operations/requester.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Tenant } from '../../tenants/tenant.entity.ts';
import { TenantSpace } from '../../tenants/tenant-space.entity.ts';
import { amountNames, amountsOf, type Amounts } from '../amounts.ts';
import type { Quota } from '../quota.entity.ts';
import { quotaUse } from '../quota-use.ts';
import { lockQuota } from './lock-quota.ts';

export interface ChangeQuota {
  tenantId: string;
  expectedGeneration: number;
  limits: Amounts;
  by: Requester;
}

export interface ChangedQuota {
  quota: Quota;
  used: Amounts;
  /** Carries the new bounds to the clusters; null where the tenant has no space on any. */
  operation: Operation | null;
}

/**
 * Sets a tenant's limits. None may fall below what is in use.
 * @throws Problem 'tenant.unknown', 'tenant.busy', 'request.stale', 'quota.below-use'
 */
export async function changeQuota(tx: Transaction, change: ChangeQuota): Promise<ChangedQuota> {
  const tenant = await lockRow(tx, Tenant, 'tenants', change.tenantId);
  if (!tenant || tenant.phase === 'Deleted') throw new Problem('tenant.unknown', change.tenantId);
  if (tenant.phase === 'Deleting') throw new Problem('tenant.busy', 'the tenant is being deleted');
  const quota = await lockQuota(tx, tenant.id);
  requireGeneration(quota, change.expectedGeneration);

  const used = await quotaUse(tx, tenant.id);
  const below = amountNames.filter((name) => change.limits[name] < used[name]);
  if (below.length > 0) {
    throw new Problem('quota.below-use', below.map((name) => `${name}: ${used[name]} in use`).join('; '), {
      faults: below.map((name) => ({ pointer: `/${name}`, detail: `${used[name]} in use` })),
    });
  }
  const before = amountsOf(quota);
  Object.assign(quota, amountsOf(change.limits), { generation: quota.generation + 1, updatedAt: new Date() });
  recordChange(tx, {
    noun: 'quota',
    verb: 'update',
    object: { id: tenant.id, name: tenant.name, tenantId: tenant.id },
    by: change.by,
    before: { ...before },
    after: { ...amountsOf(change.limits) },
  });

  if ((await tx.em.count(TenantSpace, { tenantId: tenant.id })) === 0) return { quota, used, operation: null };
  return { quota, used, operation: await requestOperation(tx, { kind: 'tenant.sync', tenant, by: change.by }) };
}
