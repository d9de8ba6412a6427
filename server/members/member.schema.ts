import { z } from 'zod';
import { displayName, permissionList } from '../http/fields.ts';
import { pageOf, pageQuery } from '../http/page.ts';
import { RoleKey } from '../roles/role.schema.ts';
import { NewPassword, UserName } from '../identity/identity.schema.ts';

const member = {
  id: z.uuid().describe('Of the membership: one person can hold several'),
  userId: z.uuid(),
  name: z.string(),
  displayName: z.string(),
  role: RoleKey,
  roleName: z.string().nullable().describe('Of one of the tenant’s own roles'),
  tenantId: z.uuid(),
  projectId: z.uuid().nullable().describe('null in the whole tenant'),
  projectName: z.string().nullable(),
  generation: z.int(),
  createdAt: z.iso.datetime(),
  permissions: permissionList,
};

export const MemberAnswer = z.strictObject(member).meta({ id: 'Member' });
export type MemberAnswer = z.output<typeof MemberAnswer>;

export const AddedMember = z
  .strictObject({
    ...member,
    password: z.string().nullable().describe('Generated for a new account; shown this once'),
  })
  .meta({ id: 'AddedMember' });

export const MemberList = pageOf(MemberAnswer, 'MemberList');

export const MemberQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  userId: z.uuid().optional(),
  role: z.string().max(36).optional().describe('As assignments name it'),
  name: z.string().max(63).optional().describe('Part of the name or display name'),
});

export const NewMember = z
  .strictObject({
    tenantId: z.uuid(),
    projectId: z.uuid().optional().describe('Only in this project'),
    name: UserName.describe('Of an account in a tenant that the caller administers, or of the one to make'),
    displayName: displayName.optional().describe('Of a new account'),
    password: NewPassword.optional().describe('Of a new account; generated when left out'),
    role: RoleKey,
  })
  .meta({ id: 'NewMember' });
export type NewMember = z.output<typeof NewMember>;

export const MemberChange = z.strictObject({ role: RoleKey }).meta({ id: 'MemberChange' });
