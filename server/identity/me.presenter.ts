import type { z } from 'zod';
import type { Caller, Reach } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { permissions } from '../access/permissions.ts';
import type { TemporalUi } from '../operations/operation.presenter.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Me } from './identity.schema.ts';

interface TenantName {
  id: string;
  name: string;
  displayName: string;
}

export async function presentMe(
  tx: Transaction,
  caller: Caller,
  temporalUi: TemporalUi | null,
): Promise<z.output<typeof Me>> {
  const tenants = await tx.query<TenantName>(
    `select id, name, display_name as "displayName" from tenants where id = any (array[?]::uuid[]) order by name`,
    [[...caller.tenantIds]],
  );
  const names = await roleNames(tx, caller);
  return {
    id: caller.userId,
    name: caller.name,
    displayName: caller.displayName,
    assignments: caller.assignments.map(({ role, tenantId, projectId }) => ({
      role,
      roleName: names.get(role) ?? null,
      tenantId,
      projectId,
    })),
    tenants: tenants.map(({ id, name, displayName }) => ({ id, name, displayName })),
    permissions: loadPermissions(caller, 'platform', permissions),
    permissionsSomewhere: permissions.filter((permission) => isSomewhere(caller.reach(permission))),
    temporalUiUrl: caller.can('temporal:read', 'platform') ? (temporalUi?.url ?? null) : null,
  };
}

async function roleNames(tx: Transaction, { assignments }: Caller): Promise<ReadonlyMap<string, string>> {
  const own = assignments.flatMap(({ role, roleGeneration }) => (roleGeneration ? [role] : []));
  if (own.length === 0) return new Map();
  const rows = await tx.query<{ id: string; name: string }>(
    `select id, name from roles where id = any (array[?]::uuid[])`,
    [own],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

const isSomewhere = (reach: Reach): boolean =>
  reach === 'everything' || reach.tenantIds.length + reach.projectIds.length > 0;
