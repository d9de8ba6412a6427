import { Instance } from '../../server/instances/instance.entity.ts';
import { Quota } from '../../server/quotas/quota.entity.ts';
import { Tenant } from '../../server/tenants/tenant.entity.ts';
import type { OperationInput, TenantOperationInput } from '../../workflows/contracts/operations.ts';
import type { TenantSpace } from '../runtimes/runtime.ts';
import type { InstanceStep } from '../instances/target.ts';
import type { StepContext } from '../steps/step.ts';

/** The tenant's space on the cluster of the instance at hand. */
export async function ensureTenantSpace(step: InstanceStep): Promise<void> {
  const runtime = await step.deps.runtimes.for(step.input.clusterId);
  await runtime.ensureTenantSpace(await spaceOf(step), step.signal);
}

/** The same on every cluster that has ever held one of its instances. */
export async function syncTenantSpaces(step: StepContext<TenantOperationInput>): Promise<void> {
  const space = await spaceOf(step);
  for (const clusterId of await clustersOf(step)) {
    const runtime = await step.deps.runtimes.for(clusterId);
    await runtime.ensureTenantSpace(space, step.signal);
  }
}

export async function removeTenantSpaces(step: StepContext<TenantOperationInput>): Promise<void> {
  for (const clusterId of await clustersOf(step)) {
    const runtime = await step.deps.runtimes.for(clusterId);
    await runtime.removeTenantSpace(step.input.tenantId, step.signal);
  }
}

async function spaceOf({ input, transaction }: StepContext<OperationInput>): Promise<TenantSpace> {
  return transaction(async ({ em }) => {
    const { name } = await em.findOneOrFail(Tenant, { id: input.tenantId });
    const quota = await em.findOneOrFail(Quota, { tenantId: input.tenantId });
    const { cpuMillis, memoryBytes, storageBytes, instances } = quota;
    return { tenantId: input.tenantId, name, quota: { cpuMillis, memoryBytes, storageBytes, instances } };
  });
}

async function clustersOf({ input, transaction }: StepContext<TenantOperationInput>): Promise<string[]> {
  const held = await transaction(({ em }) => em.find(Instance, { tenantId: input.tenantId }, { fields: ['clusterId'] }));
  return [...new Set(held.map(({ clusterId }) => clusterId))];
}
