import { z } from 'zod';
import type { ObservedInstance } from '../runtime.ts';

export const Observed: z.ZodType<ObservedInstance> = z.object({
  instanceId: z.string(),
  tenantId: z.string(),
  exists: z.boolean(),
  generation: z.int(),
  revision: z.int().nullable(),
  configurationHash: z.string().nullable(),
  power: z.enum(['on', 'off']).nullable(),
  processPresent: z.boolean(),
  processId: z.string().nullable(),
  current: z.boolean(),
  ready: z.boolean(),
  terminating: z.boolean(),
  restarts: z.int(),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  exitCode: z.int().nullable(),
  startedAt: z.string().nullable(),
  volumePresent: z.boolean(),
});
