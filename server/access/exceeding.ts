import type { AccessScope } from '../http/route.ts';
import type { Caller } from './caller.ts';
import type { Permission } from './permissions.ts';

/**
 * What of these rights the caller does not have himself in that place: nobody hands out, changes or takes away more than
 * he has.
 */
export const exceeding = (
  caller: Caller,
  given: { permissions: readonly Permission[]; ownPermissions: readonly Permission[] },
  on: Exclude<AccessScope, 'platform'>,
): Permission[] => [
  ...given.permissions.filter((permission) => !caller.can(permission, on)),
  ...given.ownPermissions.filter((permission) => !caller.can(permission, { ...on, createdBy: caller.userId })),
];
