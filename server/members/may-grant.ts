import type { Caller } from '../access/caller.ts';
import { permissions } from '../access/permissions.ts';
import type { Rights } from '../access/rights.ts';
import type { AccessScope } from '../http/route.ts';

/** Nobody hands out, or takes away, a right that he does not have himself in that place. */
export const mayGrant = (caller: Caller, rights: Rights, role: string, on: AccessScope): boolean =>
  permissions.every((permission) => !rights.allows(role, permission) || caller.can(permission, on));
