import { callerOf } from '../../access/role-caller.ts';
import type { Assignment } from '../../access/caller.ts';
import type { Rights } from '../../access/rights.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { rightTo } from '../right-to.ts';
import type { Rollout } from '../rollout.entity.ts';

interface Holder {
  name: string;
  display_name: string;
  disabled: boolean;
  assignments: Assignment[];
}

/**
 * What the one who asked for the rollout may no longer do in one of these projects, as a sentence; null while he may
 * all of it. Read anew before each effect, in a transaction of the platform: roles belong to no tenant.
 */
export async function lostRights(
  tx: Transaction,
  rights: Rights,
  { tenantId, requestedBy, kind }: Pick<Rollout, 'tenantId' | 'requestedBy' | 'kind'>,
  projectIds: readonly string[],
): Promise<string | null> {
  if (!requestedBy) return null; // the platform itself
  const [holder] = await tx.query<Holder>(
    `select u.name, u.display_name, u.disabled, coalesce((select jsonb_agg(jsonb_build_object(
         'role', a.role, 'tenantId', a.tenant_id, 'projectId', a.project_id, 'roleGeneration', r.generation))
       from role_assignments a left join roles r on r.id = a.custom_role_id where a.user_id = u.id), '[]') as assignments
     from users u where u.id = ?`,
    [requestedBy],
  );
  if (!holder) return 'The account that asked for it is gone.';
  if (holder.disabled) return `The account of ${holder.name} is disabled.`;
  const { name, display_name: displayName, assignments } = holder;
  const decisions = await rights.knowing(assignments, tx);
  const caller = callerOf({ userId: requestedBy, name, displayName, sessionId: '', assignments }, decisions);
  for (const projectId of new Set(projectIds)) {
    for (const permission of ['rollout:create', rightTo[kind]] as const) {
      if (!caller.can(permission, { tenantId, projectId })) return `${name} no longer has ${permission}.`;
    }
  }
  return null;
}
