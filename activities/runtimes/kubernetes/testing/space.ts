import type { TenantSpace } from '../../runtime.ts';

const gibibyte = 1024 ** 3;

export const buildSpace = (tenantId: string, quota: Partial<TenantSpace['quota']> = {}): TenantSpace => ({
  tenantId,
  name: 'A tenant of a test',
  generation: 1,
  quota: { cpuMillis: 4000, memoryBytes: 8 * gibibyte, storageBytes: 8 * gibibyte, instances: 20, ...quota },
});
