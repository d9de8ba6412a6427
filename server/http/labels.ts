import { z } from 'zod';

const key = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
const value = z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);

/** Names and values by Kubernetes' rules, so that they can be written there. */
export const labels = z
  .record(key, value)
  .refine((all) => Object.keys(all).length <= 32, 'At most 32 labels.')
  .meta({ maxProperties: 32 })
  .describe('As Kubernetes labels');
