import { Problem } from '../../../workflows/contracts/problem.ts';
import { recordOnce } from '../../audit/commands/record-once.ts';
import { platformScope, type Database } from '../../persistence/database.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import { apiSessionDays } from '../session-life.ts';
import { hashSessionToken, newSessionToken } from '../session-token.ts';

export interface Refreshed {
  sessionId: string;
  userId: string;
  token: string;
}

/**
 * Each refresh token works once. One that comes a second time has been copied, so that its session ends.
 * @throws Problem 'access.token-invalid'
 */
export async function refreshSession(
  db: Database,
  { refreshToken, requestId, address }: { refreshToken: string; requestId: string; address: string },
): Promise<Refreshed> {
  const sessionId = sessionIdIn(refreshToken);
  if (sessionId === null) throw new Problem('access.token-invalid');
  const token = `${sessionId}.${newSessionToken()}`;
  const refreshed = await db.transaction(platformScope(), async (tx) => {
    const [rotated] = await tx.query<{ userId: string; name: string }>(
      `update sessions s set token_hash = ?, expires_at = now() + interval '${apiSessionDays} days'
       from users u
       where s.id = ? and s.token_hash = ? and s.kind = 'api' and s.revoked_at is null and s.expires_at > now()
         and u.id = s.user_id and not u.disabled
       returning s.user_id as "userId", u.name`,
      [hashSessionToken(token), sessionId, hashSessionToken(refreshToken)],
    );
    const [of] = rotated ? [rotated] : await endSession(tx, sessionId);
    const entry = {
      tenantId: null,
      actorId: of?.userId ?? null,
      actorName: of?.name ?? 'unknown',
      action: 'refreshSession',
      objectType: 'session',
      // A made-up one is nobody's, and each would be an entry of its own.
      objectId: of ? sessionId : null,
      detail: { address, ...(!rotated && { reason: of ? 'used again, so that the session was ended' : 'no session' }) },
      requestId,
    };
    if (rotated) tx.audit({ ...entry, outcome: 'succeeded' });
    else await recordOnce(tx, { ...entry, outcome: 'denied' });
    return rotated;
  });
  if (!refreshed) throw new Problem('access.token-invalid');
  return { sessionId, userId: refreshed.userId, token };
}

/** Which session a refresh token is of, or pretends to be. */
export function sessionIdIn(refreshToken: string): string | null {
  const [sessionId = ''] = refreshToken.split('.', 1);
  return /^[0-9a-f-]{36}$/.test(sessionId) ? sessionId : null;
}

/** @returns whose it was, where it was still open */
const endSession = (tx: Transaction, sessionId: string) =>
  tx.query<{ userId: string; name: string }>(
    `update sessions s set revoked_at = now() from users u
     where s.id = ? and s.kind = 'api' and s.revoked_at is null and u.id = s.user_id
     returning s.user_id as "userId", u.name`,
    [sessionId],
  );
