import { createHash } from 'node:crypto';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Granted } from './checked-access.ts';
import type { Answer } from './route.ts';

export const wellFormedKey = /^[\x21-\x7e]{1,255}$/;
const keptHours = 24;

export interface KeyedRequest {
  userId: string;
  key: string;
  requestHash: string;
}

/** @throws Problem 'request.invalid' */
export function keyedRequest(userId: string, key: string, request: readonly string[]): KeyedRequest {
  if (!wellFormedKey.test(key)) {
    const fault = {
      pointer: '/headers/Idempotency-Key',
      detail: '1 to 255 visible ASCII characters',
    };
    throw new Problem('request.invalid', undefined, { faults: [fault] });
  }
  return {
    userId,
    key,
    requestHash: createHash('sha256').update(JSON.stringify(request)).digest('hex'),
  };
}

interface Stored {
  requestHash: string;
  status: number | null;
  headers: Record<string, string> | null;
  body: unknown;
  granted: Granted[] | null;
}

/** An answer given before, and what its request was granted then. */
export interface GivenAnswer {
  answer: Answer;
  granted: readonly Granted[];
}

/**
 * Takes the key, in the transaction of the change itself: a failure takes nothing. The same request at the same time
 * waits here for the first to commit, and is then answered with what that one answered.
 * @returns the answer given before, or null when this request is the first
 * @throws Problem 'request.idempotency-mismatch', 'request.answer-not-kept'
 */
export async function claimKey(
  tx: Transaction,
  { userId, key, requestHash }: KeyedRequest,
): Promise<GivenAnswer | null> {
  const claimed = await tx.query(
    `insert into idempotency_keys as kept (user_id, key, request_hash, expires_at)
     values (?, ?, ?, now() + interval '${keptHours} hours')
     on conflict (user_id, key) do update
       set request_hash = excluded.request_hash, expires_at = excluded.expires_at, created_at = now(),
           status = null, headers = null, body = null, granted = null
       where kept.expires_at < now()
     returning key`,
    [userId, key, requestHash],
  );
  if (claimed.length > 0) return null;
  const [stored] = await tx.query<Stored>(
    `select request_hash as "requestHash", status, headers, body, granted from idempotency_keys where user_id = ? and key = ?`,
    [userId, key],
  );
  if (stored?.requestHash !== requestHash) throw new Problem('request.idempotency-mismatch');
  if (stored.status === null || stored.granted === null) throw new Problem('request.answer-not-kept');
  return {
    answer: {
      status: stored.status,
      body: stored.body ?? undefined,
      headers: { ...stored.headers, 'Idempotency-Replayed': 'true' },
    },
    granted: stored.granted,
  };
}

/** Keeps the answer for the next time. Without this call only the fact is kept that the request was carried out. */
export async function keepAnswer(
  tx: Transaction,
  { userId, key }: KeyedRequest,
  { answer, granted }: GivenAnswer,
): Promise<void> {
  await tx.query(
    `update idempotency_keys set status = ?, headers = ?::jsonb, body = ?::jsonb, granted = ?::jsonb
     where user_id = ? and key = ?`,
    [
      answer.status,
      JSON.stringify(answer.headers ?? {}),
      answer.body === undefined ? null : JSON.stringify(answer.body),
      JSON.stringify(granted),
      userId,
      key,
    ],
  );
}
