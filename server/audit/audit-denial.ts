import type { Logger } from 'pino';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import type { AccessScope } from '../http/route.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import { recordOnce } from './commands/record-once.ts';

export interface Denial {
  route: { operationId: string; permission: string };
  caller: Caller;
  /** `hidden`: of a tenant that the caller has no part in, or that does not exist; not to be found in its audit. */
  reason: string | undefined;
  on: AccessScope | null;
  /** The object that the path names. */
  objectId: string | null;
  requestId: string;
}

/**
 * Whether an error was a refusal, and why. What a member is told does not exist may be another tenant's: that is not looked
 * up, so that both take the same statements, and nobody can tell one from the other. For the platform it is a mistake.
 * @returns null for all other errors
 */
export function refusalIn(error: unknown, caller: Caller, wasHidden: boolean): { reason: string | undefined } | null {
  if (!(error instanceof Problem)) return null;
  if (wasHidden || (error.status === 404 && !caller.isPlatform)) return { reason: 'hidden' };
  return error.code === 'access.denied' ? { reason: error.detail } : null;
}

/** In a transaction of its own, since that of the request is rolled back. As platform: a denial may concern no tenant. */
export async function auditDenial({ db, logger }: { db: Database; logger: Logger }, denial: Denial): Promise<void> {
  const { route, caller, reason, on, objectId, requestId } = denial;
  const roles = caller.assignments.map(({ role, tenantId, projectId }) => [role, tenantId, projectId]);
  const detail = { on, reason, roles };
  logger.warn({ operation: route.operationId, ...detail }, 'access denied');
  await db.transaction(platformScope(caller.userId), (tx) =>
    recordOnce(tx, {
      tenantId: on === null || on === 'platform' || reason === 'hidden' ? null : on.tenantId,
      actorId: caller.userId,
      actorName: caller.name,
      action: route.operationId,
      objectType: route.permission.split(':')[0] ?? route.permission,
      objectId,
      outcome: 'denied',
      detail,
      requestId,
    }),
  );
}
