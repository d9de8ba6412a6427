import type { Caller } from '../access/caller.ts';
import type { Permission } from '../access/permissions.ts';
import { callerOf, grantsOf } from '../access/role-caller.ts';
import type { Decisions, Rights } from '../access/rights.ts';
import { memberRoles, ownRole } from '../access/roles.ts';
import type { AccessScope } from '../http/route.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Explanation } from './explain.schema.ts';
import { peopleOfTenant, type HeldAssignment, type PersonWithRoles } from './people-in.ts';

interface Question {
  person: PersonWithRoles;
  permission: Permission;
  on: AccessScope;
  caller: Caller;
}

const peopleAtMost = 100;

/**
 * By the very functions that decide requests, so that the explanation cannot say anything else than they do. Of other
 * people only those are named who are members where the caller may see the members. Runs as the platform.
 */
export async function explainAccess(
  tx: Transaction,
  rights: Rights,
  { person, permission, on, caller }: Question,
): Promise<Explanation> {
  const { userId, name, displayName, assignments } = person;
  const decisions = await rights.knowing(assignments, tx);
  const asPerson = callerOf({ userId, name, displayName, sessionId: '', assignments }, decisions);
  const because = grantsOf(assignments, { userId, permission, on }, decisions);
  const allowed = asPerson.can(permission, on);
  const others =
    on === 'platform' || !caller.can('member:read', on) ? null : await othersIn(tx, rights, permission, on);
  return {
    permission,
    tenantId: on === 'platform' ? null : on.tenantId,
    projectId: on === 'platform' ? null : (on.projectId ?? null),
    person: { userId, name, displayName },
    allowed,
    because: because.map((held) => reasonOf(held, permission, decisions)),
    missing: allowed
      ? null
      : {
          roles: on === 'platform' ? [] : await rolesThatAllow(tx, rights, permission, on),
          heldElsewhere: assignments
            .filter(({ tenantId }) => isVisible(caller, tenantId))
            .filter(({ role }) => decisions.allows(role, permission))
            .map((held) => reasonOf(held, permission, decisions)),
        },
    holders: others?.holders ?? null,
    granters: others?.granters ?? null,
  };
}

const isVisible = ({ isPlatform, tenantIds }: Caller, tenantId: string | null): boolean =>
  isPlatform || (tenantId !== null && tenantIds.includes(tenantId));

const reasonOf = (held: HeldAssignment, permission: Permission, decisions: Decisions) => ({
  assignmentId: held.id,
  role: held.role,
  roleName: held.roleName,
  tenantId: held.tenantId,
  projectId: held.projectId,
  onlyOwn: !decisions.allows(held.role, permission),
});

/** Of the tenant's members: who can do it here, and who can give it, which needs both the right and that to add members. */
async function othersIn(
  tx: Transaction,
  rights: Rights,
  permission: Permission,
  on: Exclude<AccessScope, 'platform'>,
): Promise<{ holders: NonNullable<Explanation['holders']>; granters: NonNullable<Explanation['granters']> }> {
  const people = await peopleOfTenant(tx, on.tenantId);
  const decisions = await rights.knowing(
    people.flatMap(({ assignments }) => assignments),
    tx,
  );
  const asked = people.map(({ assignments, ...person }) => {
    const granting = (wanted: Permission) =>
      grantsOf(assignments, { userId: person.userId, permission: wanted, on }, decisions);
    const because = granting(permission);
    const mayGive = because.length > 0 && granting('member:create').length > 0;
    return { person, because: because.map((held) => reasonOf(held, permission, decisions)), mayGive };
  });
  return {
    holders: asked
      .filter(({ because }) => because.length > 0)
      .slice(0, peopleAtMost)
      .map(({ person, because }) => ({ person, because })),
    granters: asked
      .filter(({ mayGive }) => mayGive)
      .slice(0, peopleAtMost)
      .map(({ person }) => person),
  };
}

async function rolesThatAllow(
  tx: Transaction,
  { builtIn }: Rights,
  permission: Permission,
  on: Exclude<AccessScope, 'platform'>,
): Promise<NonNullable<Explanation['missing']>['roles']> {
  const own = await tx.query<{ id: string; name: string }>(
    `select id, name from roles where tenant_id = ? and ? = any (permissions) order by name`,
    [on.tenantId, permission],
  );
  const ofBuiltIn = memberRoles.flatMap((role) => {
    const isFull = builtIn.allows(role, permission);
    const isOwn = builtIn.allows(ownRole(role), permission);
    return isFull || isOwn ? [{ role, roleName: null, onlyOwn: !isFull }] : [];
  });
  return [...ofBuiltIn, ...own.map(({ id, name }) => ({ role: id, roleName: name, onlyOwn: false }))];
}
