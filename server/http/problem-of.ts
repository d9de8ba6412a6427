import { Problem } from '../../workflows/contracts/problem.ts';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';

/** Whatever was thrown, as a problem of the catalogue. What nobody expected becomes 'server.error', without detail. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isUnavailable(error)) return new Problem('server.unavailable', undefined, { cause: error });
  const code = byStatus[statusOf(error) ?? 0];
  return new Problem(code ?? 'server.error', undefined, { cause: error });
}

/** Errors of Koa's world carry `status`; they are known by that, not by their class (several copies may be installed). */
const byStatus: Record<number, ProblemCode> = {
  400: 'request.malformed',
  404: 'request.not-found',
  405: 'request.method-not-allowed',
  413: 'request.too-large',
  415: 'request.unsupported-media-type',
};

function statusOf(error: unknown): number | undefined {
  const exposed = isObject(error) && ('expose' in error ? error.expose === true : error instanceof SyntaxError);
  return exposed && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}

const connectionErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH']);

/**
 * SQLSTATE classes 08 and 57P (connection lost, server going down), 53300 (too many connections), 3D000 (database gone),
 * 55P03, 57014 and 25P03 (limits of time, see migrations/roles.ts), 40P01 (deadlock).
 */
const unavailableStates = /^(08...|57P..|53300|3D000|55P03|57014|25P03|40P01)$/;

const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

function isUnavailable(error: unknown): boolean {
  for (let at = error, depth = 0; isObject(at) && depth < 5; at = 'cause' in at ? at.cause : undefined, depth += 1) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    if (connectionErrors.has(code) || unavailableStates.test(code)) return true;
    if (at instanceof AggregateError && at.errors.some(isUnavailable)) return true;
    if (at instanceof Error && lostConnection.test(at.message)) return true;
  }
  return false;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
