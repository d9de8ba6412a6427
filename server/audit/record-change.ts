import type { Requester } from '../operations/requester.ts';
import type { Transaction } from '../persistence/transaction.ts';

export interface Change {
  noun: 'tenant' | 'quota' | 'project' | 'secret' | 'agent-version' | 'cluster' | 'role';
  verb: 'create' | 'update' | 'delete';
  object: { id: string; name: string; tenantId: string | null; projectId?: string | null };
  by: Requester;
  /** For auditors; never a secret. */
  detail?: Record<string, unknown>;
  /** What an update found and left; neither secrets nor bodies of configurations. */
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/** A change that needs no operation: who did it (audit) and that it happened (event), in the change's own transaction. */
export function recordChange(tx: Transaction, { noun, verb, object, by, detail, before, after }: Change): void {
  tx.audit({
    tenantId: object.tenantId,
    actorId: by.userId,
    actorName: by.name,
    action: `${noun}.${verb}`,
    objectType: noun,
    objectId: object.id,
    objectName: object.name,
    outcome: 'succeeded',
    detail: detail ?? {},
    before: before ?? null,
    after: after ?? null,
    requestId: by.requestId,
  });
  tx.emit({
    type: `${noun}.${verb}d`,
    tenantId: object.tenantId,
    projectId: object.projectId ?? null,
    actorName: by.name,
    data: { id: object.id, name: object.name },
  });
}
