import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller, Reach } from '../access/caller.ts';
import type { Permission } from '../access/permissions.ts';
import type { AccessScope, Route } from './route.ts';

/** The check of rights of one request, and whether it was made at all. */
export interface CheckedAccess {
  /** @throws Problem 'access.unauthenticated' */
  caller(): Caller;
  /** @throws Problem 'access.denied', or 'request.not-found' for a tenant that the caller has no part in */
  authorize: (on: AccessScope, also?: Permission) => void;
  reach: () => Reach;
  /** What was asked for last, for the audit entry of a denial. */
  askedFor(): AccessScope | null;
  /** Whether the refusal was told as if there were nothing. */
  wasHidden(): boolean;
  /** @throws Error when a route that needs a permission never asked for it: a fault of the program */
  assertAsked(): void;
}

export function checkedAccess(route: Route, caller: Caller | null): CheckedAccess {
  const needed = route.permission === 'public' || route.permission === 'signed-in' ? null : route.permission;
  let asked = needed === null;
  let last: AccessScope | null = null;
  let hidden = false;
  // Whoever filters a list with the caller's own `reach` has asked as well.
  const observed: Caller | null = caller && {
    ...caller,
    reach(permission: Permission): Reach {
      if (permission === needed) asked = true;
      return caller.reach(permission);
    },
  };
  const present = (): Caller => {
    if (!observed) throw new Problem('access.unauthenticated');
    return observed;
  };
  return {
    caller: present,
    authorize(on, also) {
      asked = true;
      last = on;
      const wanted = also ?? needed;
      if (wanted === null) return;
      if (present().can(wanted, on)) return;
      hidden = isHidden(present(), on);
      if (hidden) throw new Problem('request.not-found');
      throw new Problem('access.denied', `Needed: ${wanted}.`);
    },
    reach() {
      if (needed === null) throw new Error(`${route.operationId} names no permission to reach with`);
      return present().reach(needed);
    },
    askedFor: () => last,
    wasHidden: () => hidden,
    assertAsked() {
      if (!asked) throw new Error(`${route.operationId} answered without asking for ${needed}`);
    },
  };
}

/** A tenant in which the caller holds nothing must not show whether it exists. */
const isHidden = (caller: Caller, on: AccessScope): boolean =>
  on !== 'platform' && !caller.isPlatform && !caller.tenantIds.includes(on.tenantId);
