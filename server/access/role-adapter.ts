import { Helper, type FilteredAdapter, type Model } from 'casbin';
import type { Transaction } from '../persistence/transaction.ts';
import { ownRole, roleTemplates } from './roles.ts';

/** A role of a tenant, as the enforcer needs it. */
export interface RoleDefinition {
  id: string;
  generation: number;
  permissions: readonly string[];
}

export const readRoles = (tx: Transaction, tenantId: string): Promise<RoleDefinition[]> =>
  tx.query<RoleDefinition>(`select id, generation, permissions from roles where tenant_id = ?`, [tenantId]);

/**
 * Casbin's policies from what the platform keeps typed: the built-in templates, or with a filter a tenant's own roles
 * as they were read. Only reads: roles are changed by commands, under the rights of whoever changes them.
 */
export class RoleAdapter implements FilteredAdapter {
  #filtered = false;

  isFiltered(): boolean {
    return this.#filtered;
  }

  async loadPolicy(model: Model): Promise<void> {
    this.#filtered = false;
    for (const [role, { includes, grants, ownGrants = [] }] of Object.entries(roleTemplates)) {
      for (const grant of grants) loadGrant(model, role, grant);
      for (const grant of ownGrants) loadGrant(model, ownRole(role), grant);
      if (includes) Helper.loadPolicyLine(`g, ${role}, ${includes}`, model);
    }
  }

  async loadFilteredPolicy(model: Model, definitions: readonly RoleDefinition[]): Promise<void> {
    this.#filtered = true;
    for (const { id, permissions } of definitions) {
      for (const permission of permissions) loadGrant(model, id, permission);
    }
  }

  savePolicy = refuse;
  addPolicy = refuse;
  removePolicy = refuse;
  removeFilteredPolicy = refuse;
}

function loadGrant(model: Model, role: string, grant: string): void {
  const [resource = '*', action = '*'] = grant.split(':');
  Helper.loadPolicyLine(`p, ${role}, ${resource}, ${action}`, model);
}

const refuse = (): Promise<never> => Promise.reject(new Error('roles are changed by commands, not by the enforcer'));
