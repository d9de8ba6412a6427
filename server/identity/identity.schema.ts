import { z } from 'zod';
import { permissions } from '../access/permissions.ts';
import { Role } from '../access/roles.ts';

export const UserName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._@-]{0,62}$/, 'lower-case letters, digits, and . _ @ - after the first')
  .meta({ id: 'UserName' });

export const NewPassword = z.string().min(12).max(256);

// What is typed at sign-in is not told which rules names and passwords follow: it is right or wrong.
const typed = z.string().min(1).max(256);

export const Login = z.strictObject({ name: typed, password: typed }).meta({ id: 'Login' });

export const TokenRequest = z
  .discriminatedUnion('grant_type', [
    z.strictObject({ grant_type: z.literal('password'), username: typed, password: typed }),
    z.strictObject({ grant_type: z.literal('refresh_token'), refresh_token: typed }),
  ])
  .meta({ id: 'TokenRequest' });

export const TokenAnswer = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().describe('Seconds'),
    refresh_token: z.string().describe('Works once'),
  })
  .meta({ id: 'TokenAnswer' });

const HeldRole = z
  .strictObject({
    role: z.union([z.enum(Role), z.uuid()]).describe('A built-in role, or the id of one of the tenant’s own'),
    roleName: z.string().nullable().describe('Of one of the tenant’s own roles'),
    tenantId: z.uuid().nullable().describe('null on the platform'),
    projectId: z.uuid().nullable().describe('null in the whole tenant'),
  })
  .meta({ id: 'HeldRole' });

export const PlaceQuery = z.strictObject({
  tenantId: z.uuid().optional(),
  projectId: z.uuid().optional().describe('Of the tenant that is named'),
});

export const MyPermissions = z
  .strictObject({
    permissions: z.array(z.enum(permissions)),
    ownPermissions: z.array(z.enum(permissions)).describe('Besides, on instances that the caller has made himself'),
  })
  .meta({ id: 'MyPermissions' });

export const Me = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    displayName: z.string(),
    assignments: z.array(HeldRole),
    tenants: z
      .array(z.strictObject({ id: z.uuid(), name: z.string(), displayName: z.string() }))
      .describe('In which the person holds a role; a platform role sees all of them besides'),
    permissions: z.array(z.enum(permissions)).describe('On the platform itself'),
    permissionsSomewhere: z.array(z.enum(permissions)).describe('In at least one place'),
    temporalUiUrl: z.url().nullable().describe('Temporal’s own UI behind this sign-in, for those who may look there'),
  })
  .meta({ id: 'Me' });
