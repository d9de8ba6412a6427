import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../../persistence/transaction.ts';
import { apiSessionDays, portalSessionHours } from '../session-life.ts';
import { hashSessionToken, newSessionToken } from '../session-token.ts';

const lifetimes = { portal: `${portalSessionHours} hours`, api: `${apiSessionDays} days` } as const;

interface NewSession {
  userId: string;
  name: string;
  kind: 'portal' | 'api';
  requestId: string;
  address: string;
}

/**
 * Runs as the platform.
 * @returns the session's secret, which exists nowhere else. That of an api session is the refresh token and begins
 * with the session's id, so that an old one still tells which session was stolen.
 */
export async function openSession(
  tx: Transaction,
  { userId, name, kind, requestId, address }: NewSession,
): Promise<{ sessionId: string; token: string }> {
  const sessionId = uuidv7();
  const token = kind === 'api' ? `${sessionId}.${newSessionToken()}` : newSessionToken();
  await tx.query(
    `insert into sessions (id, user_id, kind, token_hash, expires_at) values (?, ?, ?, ?, now() + ?::interval)`,
    [sessionId, userId, kind, hashSessionToken(token), lifetimes[kind]],
  );
  tx.audit({
    tenantId: null,
    actorId: userId,
    actorName: name,
    action: 'signIn',
    objectType: 'session',
    objectId: sessionId,
    outcome: 'succeeded',
    detail: { kind, address },
    requestId,
  });
  return { sessionId, token };
}
