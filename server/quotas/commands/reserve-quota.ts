import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Tenant } from '../../tenants/tenant.entity.ts';
import { amountNames, amountsOf, type Amounts } from '../amounts.ts';
import { QuotaReservation } from '../quota.entity.ts';
import { quotaUse } from '../quota-use.ts';
import { lockQuota } from './lock-quota.ts';

export interface ReserveQuota extends Amounts {
  tenantId: string;
  instanceId: string;
}

/**
 * Sets what an instance holds of its tenant's quota. The quota row is locked until the transaction ends, so that two
 * reservations never overshoot together; only an amount that grows is checked, and where none does, the many of a
 * rollout need not wait for each other. The instance's row is locked by the caller, or pending.
 * @throws Problem 'quota.exceeded', 'tenant.busy' (it is being deleted), 'tenant.unknown'
 */
export async function reserveQuota(tx: Transaction, reservation: ReserveQuota): Promise<void> {
  const { tenantId, instanceId } = reservation;
  await tx.em.flush();
  const held = await tx.em.findOne(QuotaReservation, { tenantId, instanceId }, { refresh: true });
  const grows = amountNames.some((name) => reservation[name] > (held?.[name] ?? 0));
  const limits = await lockQuota(tx, tenantId, { shared: !grows });
  await refuseDeletedTenant(tx, tenantId);
  if (held && amountNames.every((name) => reservation[name] === held[name])) return;

  const others = await quotaUse(tx, tenantId, { except: instanceId });
  const short = amountNames
    .filter((name) => reservation[name] > (held?.[name] ?? 0))
    .map((name) => ({ name, wanted: reservation[name], limit: limits[name], left: limits[name] - others[name] }))
    .filter(({ wanted, left }) => wanted > left);
  const [first] = short;
  if (first) {
    const detail = short.map(({ name, wanted, left, limit }) => `${name}: ${wanted} wanted, ${left} of ${limit} left`);
    throw new Problem('quota.exceeded', detail.join('; '), {
      extra: { resource: first.name, wanted: first.wanted, left: first.left, limit: first.limit },
    });
  }
  await tx.em.upsert(QuotaReservation, { tenantId, instanceId, ...amountsOf(reservation) });
}

/** Only after the quota row is locked: a deletion of the tenant takes that lock as well. */
async function refuseDeletedTenant(tx: Transaction, tenantId: string): Promise<void> {
  const tenant = await tx.em.findOne(Tenant, { id: tenantId }, { refresh: true });
  if (!tenant || tenant.phase === 'Deleted') throw new Problem('tenant.unknown', tenantId);
  if (tenant.phase === 'Deleting') throw new Problem('tenant.busy', 'the tenant is being deleted');
}
