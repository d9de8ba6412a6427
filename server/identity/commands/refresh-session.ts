import { Problem } from '../../../workflows/contracts/problem.ts';
import { platformScope, type Database } from '../../persistence/database.ts';
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
export async function refreshSession(db: Database, refreshToken: string): Promise<Refreshed> {
  const [sessionId] = refreshToken.split('.', 1);
  if (!sessionId || !/^[0-9a-f-]{36}$/.test(sessionId)) throw new Problem('access.token-invalid');
  const token = `${sessionId}.${newSessionToken()}`;
  const refreshed = await db.transaction(platformScope(), async (tx) => {
    const [rotated] = await tx.query<{ userId: string }>(
      `update sessions s set token_hash = ?, expires_at = now() + interval '${apiSessionDays} days'
       from users u
       where s.id = ? and s.token_hash = ? and s.kind = 'api' and s.revoked_at is null and s.expires_at > now()
         and u.id = s.user_id and not u.disabled
       returning s.user_id as "userId"`,
      [hashSessionToken(token), sessionId, hashSessionToken(refreshToken)],
    );
    if (!rotated) {
      await tx.query(`update sessions set revoked_at = now() where id = ? and kind = 'api' and revoked_at is null`, [
        sessionId,
      ]);
    }
    return rotated;
  });
  if (!refreshed) throw new Problem('access.token-invalid');
  return { sessionId, userId: refreshed.userId, token };
}
