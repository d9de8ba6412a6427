import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Requester } from '../../operations/requester.ts';
import { flushUnique } from '../../persistence/flush-unique.ts';
import { lockRow, requireGeneration } from '../../persistence/lock-row.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { Tenant } from '../tenant.entity.ts';

export interface ChangeTenant {
  id: string;
  expectedGeneration: number;
  name: string;
  displayName: string;
  driftPolicy?: Tenant['driftPolicy'];
  by: Requester;
}

/**
 * Clusters know a tenant by its id; the name on its namespace follows with the next operation there.
 * @throws Problem 'tenant.unknown', 'tenant.busy', 'tenant.name-taken', 'request.stale'
 */
export async function changeTenant(tx: Transaction, change: ChangeTenant): Promise<Tenant> {
  const tenant = await lockRow(tx, Tenant, 'tenants', change.id);
  if (!tenant || tenant.phase === 'Deleted') throw new Problem('tenant.unknown', change.id);
  requireGeneration(tenant, change.expectedGeneration);
  if (tenant.phase === 'Deleting') throw new Problem('tenant.busy', 'the tenant is being deleted');

  const { name, displayName, driftPolicy } = tenant;
  tenant.name = change.name;
  tenant.displayName = change.displayName;
  tenant.driftPolicy = change.driftPolicy ?? tenant.driftPolicy;
  tenant.generation += 1;
  await flushUnique(tx, 'tenant.name-taken', change.name);
  recordChange(tx, {
    noun: 'tenant',
    verb: 'update',
    object: { id: tenant.id, name: tenant.name, tenantId: tenant.id },
    by: change.by,
    before: { name, displayName, driftPolicy },
    after: { name: tenant.name, displayName: tenant.displayName, driftPolicy: tenant.driftPolicy },
  });
  return tenant;
}
