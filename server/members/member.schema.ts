import { z } from 'zod';
import { memberRoles } from '../access/roles.ts';
import { displayName, permissionList } from '../http/fields.ts';
import { pageOf, pageQuery } from '../http/page.ts';
import { NewPassword, UserName } from '../identity/identity.schema.ts';

const MemberRole = z.enum(memberRoles);

const member = {
  id: z.uuid().describe('Of the membership: one person can hold several'),
  userId: z.uuid(),
  name: z.string(),
  displayName: z.string(),
  role: MemberRole,
  tenantId: z.uuid(),
  projectId: z.uuid().nullable().describe('null in the whole tenant'),
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
});

export const NewMember = z
  .strictObject({
    tenantId: z.uuid(),
    projectId: z.uuid().optional().describe('Only in this project'),
    name: UserName.describe('Of an account in a tenant that the caller administers, or of the one to make'),
    displayName: displayName.optional().describe('Of a new account'),
    password: NewPassword.optional().describe('Of a new account; generated when left out'),
    role: MemberRole,
  })
  .meta({ id: 'NewMember' });
export type NewMember = z.output<typeof NewMember>;
