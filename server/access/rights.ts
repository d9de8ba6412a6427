import { Enforcer, newEnforcer, newModelFromString } from 'casbin';
import { tenantScope, type Database } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Assignment } from './caller.ts';
import { Lru } from './lru.ts';
import type { Permission } from './permissions.ts';
import { readRoles, RoleAdapter, type RoleDefinition } from './role-adapter.ts';

/** What each role may do. Where a caller holds a role is decided before, from his assignments. */
export interface Decisions {
  /** @param role name of a built-in role, or the id of a tenant's own */
  allows(role: string, permission: Permission): boolean;
}

export interface Rights {
  /** Of the built-in roles alone, which are the same everywhere. */
  readonly builtIn: Decisions;
  /**
   * Also of the tenants' own roles among these assignments, never by an older definition than that of the moment at
   * which the assignments were read.
   * @param tx what to read definitions with; a transaction of its own when left out
   */
  knowing(assignments: readonly Assignment[], tx?: Transaction): Promise<Decisions>;
  /** These tenants' roles have changed, or may have: they are read before they are used again. */
  forget(tenants: 'everything' | readonly string[]): void;
}

// The cheap comparison first: `g` walks the role hierarchy.
const model = `
[request_definition]
r = role, resource, action
[policy_definition]
p = role, resource, action
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = (p.resource == '*' || r.resource == p.resource) && (p.action == '*' || r.action == p.action) && g(r.role, p.role)
`;

const tenantsAtMost = 1_000;

/** A tenant's own roles with the generation of each. Never changed: a newer one is built and put in its place. */
interface TenantRoles extends Decisions {
  generations: ReadonlyMap<string, number>;
}

/**
 * One enforcer for the built-in roles and one for each tenant that has roles of its own, so that a change reloads a few
 * rows. Decisions are kept with their enforcer: asking Casbin costs 0.3 ms, and a list asks hundreds of times.
 */
export async function createRights({ db }: { db: Database }): Promise<Rights> {
  const builtIn = decisionsOf(await newEnforcer(newModelFromString(model), new RoleAdapter()));
  const tenants = new Lru<string, TenantRoles>(tenantsAtMost);

  const load = async (tenantId: string, held: readonly OwnAssignment[], tx?: Transaction): Promise<TenantRoles> => {
    const definitions = tx
      ? await readRoles(tx, tenantId)
      : await db.transaction(tenantScope(tenantId), (own) => readRoles(own, tenantId));
    const loaded = await tenantRolesOf(definitions);
    const meanwhile = tenants.get(tenantId);
    // The transaction of a caller may see only some tenants: what it could not read is not kept for others.
    if (isFresh(loaded, held) && !(meanwhile && isOlder(loaded, meanwhile))) tenants.set(tenantId, loaded);
    return loaded;
  };

  return {
    builtIn,
    async knowing(assignments, tx) {
      const own = assignments.filter(isOfOwnRole);
      if (own.length === 0) return builtIn;
      const byTenant = new Map<string, TenantRoles>();
      for (const [tenantId, held] of Map.groupBy(own, (assignment) => assignment.tenantId)) {
        const known = tenants.get(tenantId);
        byTenant.set(tenantId, known && isFresh(known, held) ? known : await load(tenantId, held, tx));
      }
      const tenantOf = new Map(own.map(({ role, tenantId }) => [role, tenantId]));
      return {
        allows(role, permission) {
          const tenantId = tenantOf.get(role);
          if (tenantId === undefined) return builtIn.allows(role, permission);
          return byTenant.get(tenantId)?.allows(role, permission) ?? false;
        },
      };
    },
    forget(changed) {
      if (changed === 'everything') tenants.clear();
      else for (const tenantId of changed) tenants.delete(tenantId);
    },
  };
}

type OwnAssignment = Assignment & { tenantId: string; roleGeneration: number };

const isOfOwnRole = (held: Assignment): held is OwnAssignment =>
  held.tenantId !== null && typeof held.roleGeneration === 'number';

const isFresh = ({ generations }: TenantRoles, held: readonly OwnAssignment[]): boolean =>
  held.every(({ role, roleGeneration }) => (generations.get(role) ?? 0) >= roleGeneration);

/** Of two that were read at about the same time. */
const isOlder = (one: TenantRoles, other: TenantRoles): boolean =>
  [...one.generations].some(([role, generation]) => (other.generations.get(role) ?? 0) > generation);

async function tenantRolesOf(definitions: readonly RoleDefinition[]): Promise<TenantRoles> {
  const enforcer = new Enforcer();
  await enforcer.initWithModelAndAdapter(newModelFromString(model), new RoleAdapter(), true);
  await enforcer.loadFilteredPolicy(definitions);
  return {
    ...decisionsOf(enforcer),
    generations: new Map(definitions.map(({ id, generation }) => [id, generation])),
  };
}

function decisionsOf(enforcer: Enforcer): Decisions {
  const decisions = new Map<string, boolean>();
  return {
    allows(role, permission) {
      const key = `${role} ${permission}`;
      const known = decisions.get(key);
      if (known !== undefined) return known;
      const allowed = enforcer.enforceSync(role, ...permission.split(':'));
      decisions.set(key, allowed);
      return allowed;
    },
  };
}
