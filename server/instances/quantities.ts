import { z } from 'zod';
import type { Resources } from '../../activities/runtimes/runtime.ts';

const units: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const cpuMillisOf = (quantity: string): number =>
  quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Math.round(Number(quantity) * 1_000);

function bytesOf(quantity: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Number(digits) * (units[unit] ?? Number.NaN);
}

const cpuQuantity = (millis: number): string => (millis % 1_000 === 0 ? `${millis / 1_000}` : `${millis}m`);

function bytesQuantity(bytes: number): string {
  const unit = ['Ti', 'Gi', 'Mi', 'Ki'].find((name) => bytes % (units[name] ?? 1) === 0) ?? '';
  return `${bytes / (units[unit] ?? 1)}${unit}`;
}

const cpu = z
  .string()
  .regex(/^([1-9]\d{0,5}m|[1-9]\d{0,2}(\.\d{1,3})?|0\.\d{1,3})$/)
  .describe('Guaranteed share in cores, as a Kubernetes quantity: 250m, 2');
const bytes = z
  .string()
  // Less than a PiB, whatever the unit.
  .regex(/^[1-9](\d{0,14}|\d{0,11}(k|Ki)|\d{0,8}(M|Mi)|\d{0,5}(G|Gi)|\d{0,2}(T|Ti))$/);

/** As a caller writes resources. Left out: the adapter's default. */
export const ResourcesInput = z
  .strictObject({
    cpu: cpu.optional(),
    memory: bytes.optional().describe('Upper limit, as a Kubernetes quantity: 2Gi'),
    storage: bytes.optional().describe('Size of the state volume; only grows: 10Gi'),
  })
  .meta({ id: 'ResourcesInput' });
export type ResourcesInput = z.infer<typeof ResourcesInput>;

export const ResourcesOutput = z
  .strictObject({ cpu: z.string(), memory: z.string(), storage: z.string() })
  .meta({ id: 'InstanceResources' });

export const resourcesOf = (input: ResourcesInput, defaults: Resources): Resources => ({
  cpuMillis: input.cpu ? cpuMillisOf(input.cpu) : defaults.cpuMillis,
  memoryBytes: input.memory ? bytesOf(input.memory) : defaults.memoryBytes,
  storageBytes: input.storage ? bytesOf(input.storage) : defaults.storageBytes,
});

export const presentResources = (resources: Resources): z.infer<typeof ResourcesOutput> => ({
  cpu: cpuQuantity(resources.cpuMillis),
  memory: bytesQuantity(resources.memoryBytes),
  storage: bytesQuantity(resources.storageBytes),
});
