import { Quota } from '../../server/quotas/quota.entity.ts';
import { Tenant } from '../../server/tenants/tenant.entity.ts';
import { TenantSpace as KnownSpace } from '../../server/tenants/tenant-space.entity.ts';
import type { OperationInput, TenantOperationInput } from '../../workflows/contracts/operations.ts';
import type { TenantSpace } from '../runtimes/runtime.ts';
import type { InstanceStep } from '../instances/target.ts';
import type { StepContext } from '../steps/step.ts';

/** The tenant's space on the cluster of the instance at hand. */
export async function ensureTenantSpace(step: InstanceStep): Promise<void> {
  const { tenantId, clusterId } = step.input;
  const runtime = await step.deps.runtimes.for(clusterId);
  // Before it is made, so that a crash in between leaves no space that nobody removes.
  await step.transaction(({ em }) => em.upsert(KnownSpace, { tenantId, clusterId }, { onConflictAction: 'ignore' }));
  await runtime.ensureTenantSpace(await spaceOf(step), step.fence, step.signal);
}

/** The same on every cluster where the tenant has one. */
export async function syncTenantSpaces(step: StepContext<TenantOperationInput>): Promise<void> {
  const space = await spaceOf(step);
  for (const clusterId of await clustersOf(step)) {
    const runtime = await step.deps.runtimes.for(clusterId);
    await runtime.ensureTenantSpace(space, step.fence, step.signal);
  }
}

export async function removeTenantSpaces(step: StepContext<TenantOperationInput>): Promise<void> {
  const { tenantId } = step.input;
  for (const clusterId of await clustersOf(step)) {
    const runtime = await step.deps.runtimes.for(clusterId);
    await runtime.removeTenantSpace(tenantId, step.fence, step.signal);
    await step.transaction(({ em }) => em.nativeDelete(KnownSpace, { tenantId, clusterId }));
  }
}

async function spaceOf({ input, transaction }: StepContext<OperationInput>): Promise<TenantSpace> {
  return transaction(async ({ em }) => {
    const { name } = await em.findOneOrFail(Tenant, { id: input.tenantId });
    const quota = await em.findOneOrFail(Quota, { tenantId: input.tenantId });
    const { generation, cpuMillis, memoryBytes, storageBytes, instances } = quota;
    return { tenantId: input.tenantId, name, generation, quota: { cpuMillis, memoryBytes, storageBytes, instances } };
  });
}

async function clustersOf({ input, transaction }: StepContext<TenantOperationInput>): Promise<string[]> {
  const spaces = await transaction(({ em }) => em.find(KnownSpace, { tenantId: input.tenantId }));
  return spaces.map(({ clusterId }) => clusterId);
}
