import { v7 as uuidv7 } from 'uuid';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { defaultLimits, type Amounts } from '../../quotas/amounts.ts';
import { Quota } from '../../quotas/quota.entity.ts';
import { Tenant } from '../tenant.entity.ts';

export interface CreateTenant {
  name: string;
  displayName?: string;
  quota?: Partial<Amounts>;
  by: Requester;
}

/** A tenant and its limits; its space on a cluster comes with its first instance. @throws Problem 'tenant.name-taken' */
export async function createTenant(tx: Transaction, { name, displayName, quota, by }: CreateTenant): Promise<Tenant> {
  const now = new Date();
  const tenant = tx.em.create(Tenant, {
    id: uuidv7(),
    name,
    displayName: displayName ?? name,
    phase: 'Active',
    generation: 1,
    createdAt: now,
    createdBy: by.userId,
  });
  await flushUnique(tx, 'tenant.name-taken', name);
  const limits = { ...defaultLimits, ...quota };
  tx.em.create(Quota, { tenantId: tenant.id, ...limits, generation: 1, updatedAt: now });
  recordChange(tx, {
    noun: 'tenant',
    verb: 'create',
    object: { id: tenant.id, name, tenantId: tenant.id },
    by,
    detail: { limits },
  });
  return tenant;
}
