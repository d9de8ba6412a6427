import type { Logger } from 'pino';
import type { Caller } from '../access/caller.ts';
import type { AccessScope } from '../http/route.ts';
import { platformScope, type Database } from '../persistence/database.ts';

export interface Denial {
  route: { operationId: string; permission: string };
  caller: Caller;
  /** `hidden`: of a tenant that the caller has no part in, or that does not exist; not to be found in its audit. */
  reason: string | undefined;
  on: AccessScope | null;
  requestId: string;
}

/** In a transaction of its own, since that of the request is rolled back. As platform: a denial may concern no tenant. */
export async function auditDenial({ db, logger }: { db: Database; logger: Logger }, denial: Denial): Promise<void> {
  const { route, caller, reason, on, requestId } = denial;
  const roles = caller.assignments.map(({ role, tenantId, projectId }) => [role, tenantId, projectId]);
  const detail = { on, reason, roles };
  logger.warn({ operation: route.operationId, ...detail }, 'access denied');
  await db.transaction(platformScope(caller.userId), async (tx) => {
    tx.audit({
      tenantId: on === null || on === 'platform' || reason === 'hidden' ? null : on.tenantId,
      actorId: caller.userId,
      actorName: caller.name,
      action: route.operationId,
      objectType: route.permission.split(':')[0] ?? route.permission,
      outcome: 'denied',
      detail,
      requestId,
    });
  });
}
