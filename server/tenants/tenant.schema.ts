import { z } from 'zod';
import { displayName, dnsLabel, permissionList } from '../http/fields.ts';
import { pageOf, pageQuery } from '../http/page.ts';
import { Limits } from '../quotas/quota.schema.ts';

export const NewTenant = z
  .strictObject({ name: dnsLabel, displayName: displayName.optional(), quota: Limits.partial().optional() })
  .meta({ id: 'NewTenant' });

const driftPolicy = z
  .enum(['report', 'repair'])
  .describe('What follows when an instance is found not to be as it should: only to say so, or also a sync');

export const TenantChange = z
  .strictObject({ name: dnsLabel, displayName, driftPolicy: driftPolicy.optional().describe('Left out: as it is') })
  .meta({ id: 'TenantChange' });

export const TenantAnswer = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    displayName: z.string(),
    phase: z.enum(['Active', 'Deleting', 'Deleted']),
    driftPolicy,
    generation: z.int(),
    createdAt: z.iso.datetime(),
    permissions: permissionList,
  })
  .meta({ id: 'Tenant' });
export type TenantAnswer = z.infer<typeof TenantAnswer>;

export const TenantList = pageOf(TenantAnswer, 'TenantList');

export const TenantQuery = z.strictObject({
  ...pageQuery,
  name: z.string().max(63).optional().describe('Part of the name or display name'),
  sort: z.enum(['name', '-name', 'createdAt', '-createdAt']).default('name'),
});
