import type { Caller } from '../access/caller.ts';
import { exceeding } from '../access/exceeding.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { isPermission } from '../access/permissions.ts';
import type { Decisions } from '../access/rights.ts';
import type { Role } from '../access/roles.ts';
import { timeOf } from '../http/fields.ts';
import { grantsOfBuiltIn } from './grants-of-role.ts';
import type { CustomRole } from './role.entity.ts';
import type { RoleAnswer } from './role.schema.ts';

interface Place {
  tenantId: string;
  projectId?: string | null;
}

/** With `permissions` only where the caller holds all that the role holds: he can neither change nor remove more. */
export function presentRole(role: CustomRole, caller: Caller, on: Place): RoleAnswer {
  const grants = role.permissions.filter(isPermission);
  const held = { permissions: grants, ownPermissions: [] };
  const isWithin = exceeding(caller, held, { tenantId: role.tenantId }).length === 0;
  return {
    id: role.id,
    tenantId: role.tenantId,
    name: role.name,
    description: role.description,
    builtIn: false,
    grants,
    ownGrants: [],
    grantable: exceeding(caller, held, on).length === 0,
    generation: role.generation,
    updatedAt: timeOf(role.updatedAt),
    permissions: isWithin ? loadPermissions(caller, { tenantId: role.tenantId }, ['role:update', 'role:delete']) : [],
  };
}

export function presentBuiltIn(role: Role, builtIn: Decisions, caller: Caller, on: Place): RoleAnswer {
  const held = grantsOfBuiltIn(builtIn, role);
  return {
    id: role,
    tenantId: null,
    name: role,
    description: '',
    builtIn: true,
    grants: [...held.permissions],
    ownGrants: [...held.ownPermissions],
    grantable: exceeding(caller, held, on).length === 0,
    generation: 0,
    updatedAt: null,
    permissions: [],
  };
}
