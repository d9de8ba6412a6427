import type { AccessScope } from '../http/route.ts';
import type { Caller } from './caller.ts';
import type { Permission } from './permissions.ts';

/** What an object carries as `permissions`: those of the list that the caller has on it. */
export const loadPermissions = <P extends Permission>(caller: Caller, on: AccessScope, list: readonly P[]): P[] =>
  list.filter((permission) => caller.can(permission, on));
