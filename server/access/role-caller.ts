import type { AccessScope } from '../http/route.ts';
import { anyMember, ownRole } from './roles.ts';
import type { Assignment, Caller, Reach } from './caller.ts';
import { isOwn } from './own-object.policy.ts';
import type { Permission } from './permissions.ts';
import type { Decisions } from './rights.ts';

export interface Identity {
  userId: string;
  name: string;
  displayName: string;
  sessionId: string;
  assignments: readonly Assignment[];
}

/** A caller whose rights follow from the roles that he holds on the platform, in tenants and in projects. */
export function callerOf(identity: Identity, decisions: Decisions): Caller {
  const { assignments, userId } = identity;
  const tenantIds = [...new Set(assignments.flatMap(({ tenantId }) => tenantId ?? []))];
  return {
    ...identity,
    isPlatform: assignments.some(isOfPlatform),
    tenantIds,
    can: (permission, on) =>
      grantsOf(assignments, { permission, on, userId }, decisions).length > 0 ||
      (on === 'platform' && assignments.length > 0 && decisions.allows(anyMember, permission)),
    reach: (permission) => reachOf(assignments, permission, decisions),
  };
}

/** What is asked: may this person do this here? */
interface Question {
  userId: string;
  permission: Permission;
  on: AccessScope;
}

/** Those of a person's assignments that allow him this; none of them means no. */
export const grantsOf = <Held extends Assignment>(
  assignments: readonly Held[],
  { permission, on, userId }: Question,
  decisions: Decisions,
): Held[] =>
  assignments.filter(
    (held) =>
      covers(held, on) &&
      (decisions.allows(held.role, permission) ||
        (isOwn(on, userId) && decisions.allows(ownRole(held.role), permission))),
  );

const isOfPlatform = ({ tenantId }: Assignment): boolean => tenantId === null;

/** The platform covers every tenant, a tenant every one of its projects. */
function covers(held: Assignment, on: AccessScope): boolean {
  if (isOfPlatform(held)) return true;
  if (on === 'platform' || held.tenantId !== on.tenantId) return false;
  return held.projectId === null || held.projectId === on.projectId;
}

function reachOf(assignments: readonly Assignment[], permission: Permission, decisions: Decisions): Reach {
  const held = assignments.filter(({ role }) => decisions.allows(role, permission));
  if (held.some(isOfPlatform)) return 'everything';
  return {
    tenantIds: held.flatMap(({ tenantId, projectId }) => (tenantId && !projectId ? tenantId : [])),
    projectIds: held.flatMap(({ projectId }) => projectId ?? []),
  };
}
