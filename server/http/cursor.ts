import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../../workflows/contracts/problem.ts';

/**
 * Where a page ended. Not a secret and not trusted: it holds values to compare with, which are bound as parameters
 * and can only skip rows that the caller may read anyway. It is bound to the list, its sort and its filters.
 */
export function writeCursor(keys: readonly string[], boundTo: unknown): string {
  return Buffer.from(JSON.stringify([fingerprint(boundTo), ...keys])).toString('base64url');
}

/** @throws Problem 'request.cursor-invalid' */
export function readCursor(cursor: string, boundTo: unknown, keyCount: number): string[] {
  const [print, ...keys] = parse(cursor);
  if (print !== fingerprint(boundTo) || keys.length !== keyCount) throw cursorInvalid();
  return keys;
}

function parse(cursor: string): string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (error) {
    throw cursorInvalid(error);
  }
}

const fingerprint = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12);

export const cursorInvalid = (cause?: unknown) =>
  new Problem('request.cursor-invalid', undefined, {
    faults: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
    cause,
  });
