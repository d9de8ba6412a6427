import type { Permission } from './permissions.ts';

/** A right of a role: one permission, `resource:*`, or everything. */
type Grant = Permission | `${string}:*` | '*';

export const Role = {
  PlatformAdministrator: 'platform-administrator',
  TenantAdministrator: 'tenant-administrator',
  Operator: 'operator',
  Viewer: 'viewer',
} as const;
export type Role = (typeof Role)[keyof typeof Role];

/** Roles that can be held in a tenant or a project; the others are of the platform. */
export const memberRoles = [Role.TenantAdministrator, Role.Operator, Role.Viewer] as const;

/**
 * What anyone who is a member anywhere may do with what belongs to no tenant: he has to choose an agent version and a
 * cluster. Never assigned, so that it has no name among the roles.
 */
export const anyMember = 'any-member';

interface RoleTemplate {
  /** Holds all that this role holds, too. */
  includes?: Role;
  grants: readonly Grant[];
}

/** The built-in roles. They are the whole of `p`: who holds which, and where, comes with each caller. */
export const roleTemplates: Readonly<Record<Role | typeof anyMember, RoleTemplate>> = {
  'platform-administrator': { grants: ['*'] },
  'tenant-administrator': {
    includes: Role.Operator,
    grants: [
      'tenant:update',
      'project:*',
      'secret:*',
      'instance:*',
      'operation:*',
      'config:*',
      'defaults:*',
      'rollout:*',
      'drift:*',
      'member:create',
      'member:read',
      'member:delete',
      'audit:read',
      'audit:export',
      'audit:verify',
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
    ],
  },
  'any-member': { grants: ['agent-version:read', 'cluster:read'] },
};
