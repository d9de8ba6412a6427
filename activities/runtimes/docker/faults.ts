import { Problem } from '../../../workflows/contracts/problem.ts';

/** What dockerode throws for an answer that is none of the expected ones. */
interface StatusError extends Error {
  statusCode: number;
  json?: { message?: unknown; cause?: unknown } | Buffer | null;
}

export const isStatus = (error: unknown, ...codes: number[]): error is StatusError =>
  error instanceof Error && codes.includes((error as Partial<StatusError>).statusCode ?? 0);

/** Podman says so of some as of a fault of its own, where they have gone while it was at it. */
export const isMissing = (error: unknown): boolean =>
  isStatus(error, 404) ||
  (isStatus(error, 500) && /no such (container|volume|network)|does not exist/i.test(sentenceOf(error)));

/** The engine's own sentence. */
export function sentenceOf(error: unknown): string {
  const { json, message } = error as Partial<StatusError>;
  const said = json && !Buffer.isBuffer(json) && typeof json.message === 'string' ? json.message : (message ?? '');
  return said.trim().slice(0, 1000);
}

/** A name that another writer has taken: Docker says 409, Podman also 500. */
export const isNameTaken = (error: unknown): boolean =>
  isStatus(error, 409, 500) && /already in use|already exists|is in use by/i.test(sentenceOf(error));

/** What another attempt cannot change, though it comes as a fault of the server. */
const permanent =
  /invalid|not allowed|unsupported|cannot be|could not find an available.*(pool|subnet)|could not find free subnet|executable file.*not found|no such file or directory/i;

/**
 * The fault of the catalogue behind whatever a call to the engine threw. The caller's own cancellation and errors that
 * are not the engine's pass through unchanged.
 */
export function problemOf(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Problem) return error;
  if (signal.aborted) return signal.reason;
  const options = { cause: error };
  if (error instanceof DOMException && ['TimeoutError', 'AbortError'].includes(error.name)) {
    return new Problem('cluster.unavailable', 'The engine did not answer in time.', options);
  }
  if (!(error instanceof Error)) return error;
  const { statusCode, code } = error as Partial<StatusError> & { code?: unknown };
  if (statusCode !== undefined) {
    const detail = sentenceOf(error);
    if (statusCode === 401 || statusCode === 403) return new Problem('cluster.denied', detail, options);
    const refused = statusCode < 500 ? statusCode !== 409 && statusCode !== 429 : permanent.test(detail);
    return new Problem(refused ? 'cluster.refused' : 'cluster.unavailable', detail, options);
  }
  if (error.name === 'AbortError') {
    return new Problem('cluster.unavailable', 'The engine did not answer in time.', options);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Problem('cluster.denied', 'The platform may not open the engine’s socket.', options);
  }
  if (typeof code !== 'string' || code.startsWith('ERR_')) return error;
  return new Problem('cluster.unavailable', `No connection to the engine (${code}).`, options);
}
