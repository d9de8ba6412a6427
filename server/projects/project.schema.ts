import { z } from 'zod';
import { displayName, dnsLabel, permissionList } from '../http/fields.ts';
import { pageOf, pageQuery } from '../http/page.ts';

export const NewProject = z
  .strictObject({ tenantId: z.uuid(), name: dnsLabel, displayName: displayName.optional() })
  .meta({ id: 'NewProject' });

export const ProjectChange = z.strictObject({ name: dnsLabel, displayName }).meta({ id: 'ProjectChange' });

export const ProjectAnswer = z
  .strictObject({
    id: z.uuid(),
    tenantId: z.uuid(),
    tenantName: z.string(),
    name: z.string(),
    displayName: z.string(),
    generation: z.int(),
    createdAt: z.iso.datetime(),
    permissions: permissionList,
  })
  .meta({ id: 'Project' });
export type ProjectAnswer = z.infer<typeof ProjectAnswer>;

export const ProjectList = pageOf(ProjectAnswer, 'ProjectList');

export const ProjectQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  name: z.string().max(63).optional().describe('Part of the name or display name'),
  sort: z.enum(['name', '-name', 'createdAt', '-createdAt']).default('name'),
});
