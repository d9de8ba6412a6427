import type { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { permissions } from '../access/permissions.ts';
import { Role } from '../access/roles.ts';
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
  return {
    id: caller.userId,
    name: caller.name,
    displayName: caller.displayName,
    assignments: caller.assignments.flatMap(({ role, tenantId, projectId }) =>
      isRole(role) ? { role, tenantId, projectId } : [],
    ),
    tenants: tenants.map(({ id, name, displayName }) => ({ id, name, displayName })),
    permissions: loadPermissions(caller, 'platform', permissions),
    temporalUiUrl: caller.can('temporal:read', 'platform') ? (temporalUi?.url ?? null) : null,
  };
}

const isRole = (name: string): name is Role => Object.values(Role).some((role) => role === name);
