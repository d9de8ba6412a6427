import type { AccessScope } from '../http/route.ts';
import { anyMember } from './roles.ts';
import type { Assignment, Caller, Reach } from './caller.ts';
import type { Permission } from './permissions.ts';
import type { Rights } from './rights.ts';

export interface Identity {
  userId: string;
  name: string;
  displayName: string;
  sessionId: string;
  assignments: readonly Assignment[];
}

/** A caller whose rights follow from the roles that he holds on the platform, in tenants and in projects. */
export function callerOf(identity: Identity, rights: Rights): Caller {
  const { assignments } = identity;
  const tenantIds = [...new Set(assignments.flatMap(({ tenantId }) => tenantId ?? []))];
  return {
    ...identity,
    isPlatform: assignments.some(isOfPlatform),
    tenantIds,
    can: (permission, on) =>
      assignments.some((held) => covers(held, on) && rights.allows(held.role, permission)) ||
      (on === 'platform' && assignments.length > 0 && rights.allows(anyMember, permission)),
    reach: (permission) => reachOf(assignments, permission, rights),
  };
}

const isOfPlatform = ({ tenantId }: Assignment): boolean => tenantId === null;

/** The platform covers every tenant, a tenant every one of its projects. */
function covers(held: Assignment, on: AccessScope): boolean {
  if (isOfPlatform(held)) return true;
  if (on === 'platform' || held.tenantId !== on.tenantId) return false;
  return held.projectId === null || held.projectId === on.projectId;
}

function reachOf(assignments: readonly Assignment[], permission: Permission, rights: Rights): Reach {
  const held = assignments.filter(({ role }) => rights.allows(role, permission));
  if (held.some(isOfPlatform)) return 'everything';
  return {
    tenantIds: held.flatMap(({ tenantId, projectId }) => (tenantId && !projectId ? tenantId : [])),
    projectIds: held.flatMap(({ projectId }) => projectId ?? []),
  };
}
