import type { Caller } from '../access/caller.ts';
import type { AccessScope } from '../http/route.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { recordOnce } from './commands/record-once.ts';

export interface Look {
  route: { operationId: string; looksInto: string };
  caller: Caller;
  /** What was asked for; null for a list. */
  on: AccessScope | null;
  query: unknown;
  objectId: string | null;
  requestId: string;
}

/** Who has seen what changes nothing, but is worth knowing afterwards. Before the answer goes out: no entry, no look. */
export async function auditLook(db: Database, { route, caller, on, query, objectId, requestId }: Look): Promise<void> {
  await db.transaction(platformScope(caller.userId), async (tx) =>
    recordOnce(tx, {
      tenantId: on !== null && on !== 'platform' ? on.tenantId : await tenantOf(tx, caller, query),
      actorId: caller.userId,
      actorName: caller.name,
      action: route.operationId,
      objectType: route.looksInto,
      objectId,
      outcome: 'succeeded',
      detail: { query },
      requestId,
    }),
  );
}

/**
 * A member's look is in his own tenants; one into several at once, or by the platform into all or into one that does not
 * exist, is the platform's.
 */
async function tenantOf(tx: Transaction, caller: Caller, query: unknown): Promise<string | null> {
  const named = typeof query === 'object' && query !== null && 'tenantId' in query ? query.tenantId : undefined;
  if (typeof named === 'string' && caller.isPlatform) {
    const [tenant] = await tx.query<{ id: string }>('select id from tenants where id = ?::uuid', [named]);
    return tenant?.id ?? null;
  }
  if (typeof named === 'string') return caller.tenantIds.includes(named) ? named : null;
  return !caller.isPlatform && caller.tenantIds.length === 1 ? (caller.tenantIds[0] ?? null) : null;
}
