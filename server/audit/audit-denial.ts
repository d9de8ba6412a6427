import type { Logger } from 'pino';
import type { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import type { AccessScope } from '../http/route.ts';
import { platformScope, type Database } from '../persistence/database.ts';

export interface Denial {
  route: { operationId: string; permission: string };
  caller: Caller;
  problem: Problem;
  on: AccessScope | null;
  requestId: string;
}

/** In a transaction of its own, since that of the request is rolled back. As platform: a denial may concern no tenant. */
export async function auditDenial({ db, logger }: { db: Database; logger: Logger }, denial: Denial): Promise<void> {
  const { route, caller, problem, on, requestId } = denial;
  const roles = caller.assignments.map(({ role, tenantId, projectId }) => [role, tenantId, projectId]);
  const detail = { on, reason: problem.detail, roles };
  logger.warn({ operation: route.operationId, ...detail }, 'access denied');
  await db.transaction(platformScope(caller.userId), async (tx) => {
    tx.audit({
      tenantId: on === null || on === 'platform' ? null : on.tenantId,
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
