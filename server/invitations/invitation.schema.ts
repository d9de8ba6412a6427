import { z } from 'zod';
import { displayName, permissionList, words } from '../http/fields.ts';
import { pageOf, pageQuery } from '../http/page.ts';
import { NewPassword, UserName } from '../identity/identity.schema.ts';
import { RoleKey } from '../roles/role.schema.ts';

const invitation = {
  id: z.uuid(),
  tenantId: z.uuid(),
  projectId: z.uuid().nullable().describe('null for the whole tenant'),
  projectName: z.string().nullable(),
  role: RoleKey,
  roleName: z.string().nullable().describe('Of one of the tenant’s own roles'),
  note: z.string().describe('For whom it is; told to nobody outside the tenant'),
  invitedBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  permissions: permissionList,
};

const InvitationAnswer = z.strictObject(invitation).meta({ id: 'Invitation' });
export type InvitationAnswer = z.output<typeof InvitationAnswer>;

export const InvitationList = pageOf(InvitationAnswer, 'InvitationList');

export const MadeInvitation = z
  .strictObject({
    ...invitation,
    token: z.string().describe('Works once; shown this once'),
    url: z.url().describe('The page of the portal that takes it'),
  })
  .meta({ id: 'MadeInvitation' });

export const InvitationQuery = z.strictObject({
  ...pageQuery,
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional(),
});

export const NewInvitation = z
  .strictObject({
    tenantId: z.uuid(),
    projectId: z.uuid().optional().describe('Only into this project'),
    role: RoleKey,
    note: words(100).default(''),
    expiresInSeconds: z
      .int()
      .min(60)
      .max(30 * 86_400)
      .default(7 * 86_400),
  })
  .meta({ id: 'NewInvitation' });
export type NewInvitation = z.output<typeof NewInvitation>;

const token = z.string().min(1).max(256);

export const InvitationToken = z.strictObject({ token }).meta({ id: 'InvitationToken' });

export const InvitationOffer = z
  .strictObject({
    tenantName: z.string(),
    projectName: z.string().nullable(),
    role: RoleKey,
    roleName: z.string().nullable(),
    invitedBy: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'InvitationOffer' });

export const Joined = z
  .strictObject({ tenantId: z.uuid(), projectId: z.uuid().nullable() })
  .meta({ id: 'JoinedTenant' });

export const NewAccount = z
  .strictObject({ token, name: UserName, displayName: displayName.optional(), password: NewPassword })
  .meta({ id: 'NewAccount' });
export type NewAccount = z.output<typeof NewAccount>;
