import { z } from 'zod';
import { permissions } from '../access/permissions.ts';
import { composable, memberRoles } from '../access/roles.ts';
import { notBlank, permissionList, prose, words } from '../http/fields.ts';
import { pageOf } from '../http/page.ts';

/** How an assignment names its role. */
export const RoleKey = z
  .union([z.enum(memberRoles), z.uuid()])
  .describe('A built-in role, or the id of one of the tenant’s own')
  .meta({ id: 'RoleKey' });

const PermissionAnswer = z
  .strictObject({
    name: z.enum(permissions),
    resource: z.string(),
    action: z.string(),
    composable: z.boolean().describe('A tenant’s own role can contain it; the others are of the platform'),
  })
  .meta({ id: 'Permission' });

export const PermissionCatalogue = pageOf(PermissionAnswer, 'PermissionList');

const Grants = z.array(z.enum(permissions));

export const RoleAnswer = z
  .strictObject({
    id: z.string().describe('As assignments name it: the name of a built-in role, or an id'),
    tenantId: z.uuid().nullable().describe('null for a built-in role'),
    name: z.string(),
    description: z.string(),
    builtIn: z.boolean(),
    grants: Grants,
    ownGrants: Grants.describe('Besides, on instances that the holder has made himself'),
    grantable: z.boolean().describe('The caller holds all of it in the place asked for, so that he may give it there'),
    generation: z.int(),
    updatedAt: z.iso.datetime().nullable(),
    permissions: permissionList,
  })
  .meta({ id: 'Role' });
export type RoleAnswer = z.output<typeof RoleAnswer>;

export const RoleList = pageOf(RoleAnswer, 'RoleList');

export const RoleQuery = z.strictObject({
  tenantId: z.uuid(),
  projectId: z.uuid().optional().describe('Whether a role can be given is answered for this project'),
});

const name = words(60).min(1).meta(notBlank).describe('Told apart from every other role’s at a glance');

const contents = {
  name,
  description: prose(500).default(''),
  grants: z
    .array(z.enum(composable))
    .min(1)
    .max(composable.length)
    .transform((given) => [...new Set(given)]),
};

export const NewRole = z.strictObject({ tenantId: z.uuid(), ...contents }).meta({ id: 'NewRole' });
export type NewRole = z.output<typeof NewRole>;

export const RoleChange = z.strictObject(contents).meta({ id: 'RoleChange' });
export type RoleChange = z.output<typeof RoleChange>;
