import { z } from 'zod';
import { dnsLabel, permissionList, prose } from '../http/fields.ts';
import { pageOf, pageQuery } from '../http/page.ts';

const value = z.string().min(1).max(65_536).describe('Write-only: no answer ever holds it');
const description = prose(500);

export const NewSecret = z
  .strictObject({
    tenantId: z.uuid(),
    projectId: z.uuid().nullable().default(null).describe('null: for every project of the tenant'),
    name: dnsLabel,
    description: description.default(''),
    value,
  })
  .meta({ id: 'NewSecret' });

export const SecretChange = z
  .strictObject({ description: description.default(''), value: value.describe('Becomes the newest version') })
  .meta({ id: 'SecretChange' });

export const SecretAnswer = z
  .strictObject({
    id: z.uuid(),
    tenantId: z.uuid(),
    projectId: z.uuid().nullable(),
    name: z.string(),
    description: z.string(),
    version: z.int(),
    generation: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    usedBy: z
      .array(z.strictObject({ id: z.uuid(), name: z.string() }))
      .describe('Instances whose configuration names it; the first 20'),
    usedByTotal: z.int(),
    permissions: permissionList,
  })
  .meta({ id: 'Secret' });
export type SecretAnswer = z.infer<typeof SecretAnswer>;

export const SecretList = pageOf(SecretAnswer, 'SecretList');

export const SecretQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional().describe('Those of this project; not those of its tenant'),
  name: z.string().max(63).optional().describe('Part of the name'),
  sort: z.enum(['name', '-name', 'updatedAt', '-updatedAt']).default('name'),
});
