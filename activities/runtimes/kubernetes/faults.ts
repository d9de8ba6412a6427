import { Problem } from '../../../workflows/contracts/problem.ts';

/** What the API server answers instead of the object: a `Status`, or nothing readable at 401. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;
  readonly reason: string;
  /** The server's own sentence. It names objects and fields, never the content of a Secret. */
  readonly detail: string;

  constructor(status: number, body: string) {
    const { reason, message } = readStatus(body);
    super(`${status} ${reason}`);
    this.status = status;
    this.reason = reason;
    this.detail = message.slice(0, 1000);
  }
}

function readStatus(body: string): { reason: string; message: string } {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === 'object' && status !== null) {
      const { reason, message } = status as { reason?: unknown; message?: unknown };
      return {
        reason: typeof reason === 'string' ? reason : '',
        message: typeof message === 'string' ? message : '',
      };
    }
  } catch {
    // A proxy's page, or no body: the status code alone has to do.
  }
  return { reason: '', message: '' };
}

export const isStatus = (error: unknown, ...codes: number[]): error is StatusError =>
  error instanceof StatusError && codes.includes(error.status);

/** Refused for now: either used up, or the controller has not counted yet. */
export const isQuotaRefusal = (error: unknown): boolean =>
  isStatus(error, 403) && /exceeded quota|status unknown for quota/.test(error.detail);

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

/**
 * The fault of the catalogue behind whatever a call to the cluster threw. The caller's own cancellation and errors
 * that are not the cluster's pass through unchanged.
 */
export function problemOf(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Problem) return error;
  if (signal.aborted) return signal.reason;
  if (error instanceof StatusError) return problemOfStatus(error);
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new Problem('cluster.unavailable', 'The cluster did not answer in time.', {
      cause: error,
    });
  }
  const code = networkCodeOf(error);
  if (code === undefined) return error;
  const detail = certificateCodes.test(code)
    ? `The cluster’s certificate is not the registered one (${code}).`
    : `No connection to the cluster (${code}).`;
  return new Problem('cluster.unavailable', detail, { cause: error });
}

/** Node and undici give network faults a code, on the error or on its cause; programming errors have none. */
function networkCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError) return networkCodeOf(error.errors[0]);
  return error.cause === undefined ? undefined : networkCodeOf(error.cause);
}

function problemOfStatus(error: StatusError): Problem {
  const { status, detail } = error;
  const options = { cause: error };
  if (status === 401) return new Problem('cluster.denied', 'The cluster does not accept the credentials.', options);
  if (status === 403) {
    if (/status unknown for quota|being terminated/.test(detail))
      return new Problem('cluster.unavailable', detail, options);
    if (detail.includes('exceeded quota')) return new Problem('cluster.quota-exceeded', detail, options);
    // Admission says "forbidden" too (pod security, limit range, claims that cannot grow): that is not about rights.
    return new Problem(
      detail === '' || / cannot \S+ (resource|path) /.test(detail) ? 'cluster.denied' : 'cluster.refused',
      detail,
      options,
    );
  }
  // An unknown field in an apply is answered with 500; another attempt cannot change that.
  if (status === 500 && detail.includes('failed to create typed patch object'))
    return new Problem('cluster.refused', detail, options);
  if (status === 409 || status === 429 || status >= 500) {
    return new Problem('cluster.unavailable', detail || `The cluster answered ${status}.`, options);
  }
  return new Problem('cluster.refused', detail || `The cluster answered ${status}.`, options);
}
