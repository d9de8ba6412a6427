import { recordOnce } from '../../audit/commands/record-once.ts';
import type { RequestFacts } from '../../http/route.ts';
import { platformScope, type Database } from '../../persistence/database.ts';

/** Somebody came with a token that offers nothing: he has no account, so that the name he wanted is all that is known. */
export async function auditInvalidOffer(
  db: Database,
  { name, request: { address, requestId } }: { name: string; request: RequestFacts },
): Promise<void> {
  await db.transaction(platformScope(), (tx) =>
    recordOnce(tx, {
      tenantId: null,
      actorId: null,
      actorName: name,
      action: 'registerByInvitation',
      objectType: 'invitation',
      outcome: 'denied',
      detail: { reason: 'token invalid', address },
      requestId,
    }),
  );
}
