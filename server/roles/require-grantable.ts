import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import { exceeding } from '../access/exceeding.ts';
import type { AccessScope } from '../http/route.ts';
import type { RoleGrants } from './grants-of-role.ts';

/** @throws Problem 'access.denied', naming what the caller lacks */
export function requireGrantable(caller: Caller, grants: RoleGrants, on: Exclude<AccessScope, 'platform'>): void {
  const missing = exceeding(caller, grants, on);
  if (missing.length === 0) return;
  throw new Problem('access.denied', `These rights you do not have here yourself: ${missing.join(', ')}.`);
}
