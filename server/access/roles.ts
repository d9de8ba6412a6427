import { isOfPlatform, permissions, type Permission } from './permissions.ts';

/** A right of a role: one permission, `resource:*`, or everything. */
type Grant = Permission | `${string}:*` | '*';

export const Role = {
  PlatformAdministrator: 'platform-administrator',
  TenantAdministrator: 'tenant-administrator',
  ProjectAdministrator: 'project-administrator',
  Operator: 'operator',
  Member: 'member',
  Viewer: 'viewer',
  Auditor: 'auditor',
} as const;
export type Role = (typeof Role)[keyof typeof Role];

export const isBuiltIn = (role: string): role is Role => Object.values(Role).some((known) => known === role);

/** Built-in roles that can be held in a tenant or a project; the other one is of the platform. */
export const memberRoles = [
  Role.TenantAdministrator,
  Role.ProjectAdministrator,
  Role.Operator,
  Role.Member,
  Role.Viewer,
  Role.Auditor,
] as const;

/**
 * What anyone who is a member anywhere may do with what belongs to no tenant: he has to choose an agent version and a
 * cluster. Never assigned, so that it has no name among the roles.
 */
export const anyMember = 'any-member';

interface RoleTemplate {
  /** Holds all that this role holds, too. */
  includes?: Role;
  grants: readonly Grant[];
  /** Only on instances that the person has made himself. */
  ownGrants?: readonly Grant[];
}

/** The built-in roles. They are the whole of `p`: who holds which, and where, comes with each caller. */
export const roleTemplates: Readonly<Record<Role | typeof anyMember, RoleTemplate>> = {
  'platform-administrator': { grants: ['*'] },
  'tenant-administrator': {
    includes: Role.ProjectAdministrator,
    grants: ['tenant:update', 'project:*', 'role:*', 'audit:read', 'audit:export', 'audit:verify'],
  },
  'project-administrator': {
    includes: Role.Operator,
    grants: [
      'project:update',
      'secret:*',
      'instance:*',
      'operation:*',
      'config:*',
      'defaults:*',
      'rollout:*',
      'drift:*',
      'member:*',
    ],
  },
  operator: {
    includes: Role.Viewer,
    grants: [
      'instance:create',
      'instance:update',
      'instance:delete',
      'instance:start',
      'instance:stop',
      'instance:restart',
      'instance:kill',
      'instance:sync',
      'operation:cancel',
      'operation:retry',
      'config:create',
      'config:update',
      'config:publish',
      'rollout:create',
      'rollout:control',
      'drift:check',
    ],
  },
  member: {
    includes: Role.Viewer,
    grants: ['instance:create'],
    ownGrants: ['instance:*', 'operation:cancel', 'operation:retry'],
  },
  // Looks into everything that is kept, the people included, and changes nothing.
  auditor: { includes: Role.Viewer, grants: ['member:read', 'audit:read', 'audit:export', 'audit:verify'] },
  viewer: {
    grants: [
      'tenant:read',
      'quota:read',
      'project:read',
      'secret:read',
      'agent-version:read',
      'cluster:read',
      'instance:read',
      'operation:read',
      'event:read',
      'config:read',
      'defaults:read',
      'rollout:read',
      'drift:read',
      'usage:read',
      'backup:read',
      'role:read',
    ],
  },
  'any-member': { grants: ['agent-version:read', 'cluster:read'] },
};

/** Under which name `p` has what a role grants on a person's own instances. */
export const ownRole = (role: string): string => `${role}/own`;

/** What a role of a tenant may contain. */
export const composable = permissions.filter((permission) => !isOfPlatform(permission));
