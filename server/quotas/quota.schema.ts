import { z } from 'zod';
import { permissionList } from '../http/fields.ts';

const bytes = z
  .int()
  .min(0)
  .max(2 ** 50);

export const Limits = z
  .strictObject({
    cpuMillis: z.int().min(0).max(10_000_000).describe('Thousandths of a core'),
    memoryBytes: bytes,
    storageBytes: bytes,
    instances: z.int().min(0).max(100_000),
  })
  .meta({ id: 'Limits' });

const Use = z
  .strictObject({ cpuMillis: z.int(), memoryBytes: z.int(), storageBytes: z.int(), instances: z.int() })
  .meta({ id: 'QuotaUse' });

export const QuotaAnswer = z
  .strictObject({
    tenantId: z.uuid(),
    limits: Limits,
    used: Use.describe('The sum over what all instances hold'),
    generation: z.int(),
    updatedAt: z.iso.datetime(),
    permissions: permissionList,
  })
  .meta({ id: 'Quota' });
export type QuotaAnswer = z.infer<typeof QuotaAnswer>;
