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
  /** All that was asked for and granted, so that it can be asked again before the answer is given once more. */
  granted(): readonly Granted[];
  /** @throws Problem as `authorize` when any of it is not granted any more */
  assertStillGranted: (all: readonly Granted[]) => void;
  /** @throws Error when a route that needs a permission never asked for it: a fault of the program */
  assertAsked(): void;
}

/** A right that a request was found to have; `on` is null where any place would have done. */
export interface Granted {
  permission: Permission;
  on: AccessScope | null;
}

export function checkedAccess(route: Route, caller: Caller | null): CheckedAccess {
  const needed = route.permission === 'public' || route.permission === 'signed-in' ? null : route.permission;
  let asked = needed === null;
  let last: AccessScope | null = null;
  let hidden = false;
  const granted: Granted[] = [];
  // Whoever filters a list with the caller's own `reach` has asked as well.
  const observed: Caller | null = caller && {
    ...caller,
    reach(permission: Permission): Reach {
      if (permission === needed) asked = true;
      granted.push({ permission, on: null });
      return caller.reach(permission);
    },
  };
  const present = (): Caller => {
    if (!observed) throw new Problem('access.unauthenticated');
    return observed;
  };
  const require = (permission: Permission, on: AccessScope): void => {
    last = on;
    if (present().can(permission, on)) return;
    hidden = isHidden(present(), on);
    if (hidden) throw new Problem('request.not-found');
    throw new Problem('access.denied', `Needed: ${permission}.`);
  };
  return {
    caller: present,
    authorize(on, also) {
      const wanted = also ?? needed;
      // What an option needs besides does not stand for the route's own permission.
      if (wanted === needed) asked = true;
      last = on;
      if (wanted === null) return;
      require(wanted, on);
      granted.push({ permission: wanted, on: placeOf(on) });
    },
    reach() {
      if (needed === null) throw new Error(`${route.operationId} names no permission to reach with`);
      return present().reach(needed);
    },
    granted: () => granted,
    assertStillGranted(all) {
      for (const { permission, on } of all) {
        if (on !== null) require(permission, on);
        else if (reachesNothing(present().reach(permission))) {
          throw new Problem('access.denied', `Needed: ${permission}.`);
        }
      }
    },
    askedFor: () => last,
    wasHidden: () => hidden,
    assertAsked() {
      if (!asked) throw new Error(`${route.operationId} answered without asking for ${needed}`);
    },
  };
}

/** Callers give whole rows. */
const placeOf = (on: AccessScope): AccessScope =>
  on === 'platform' ? on : { tenantId: on.tenantId, projectId: on.projectId ?? null, createdBy: on.createdBy ?? null };

const reachesNothing = (reach: Reach): boolean =>
  reach !== 'everything' && reach.tenantIds.length + reach.projectIds.length === 0;

/** A tenant in which the caller holds nothing must not show whether it exists. */
const isHidden = (caller: Caller, on: AccessScope): boolean =>
  on !== 'platform' && !caller.isPlatform && !caller.tenantIds.includes(on.tenantId);
