/** A fault at one place of what was sent; `pointer` is an RFC 6901 JSON pointer. */
export interface Fault {
  pointer: string;
  detail: string;
}

interface Facts {
  status: number;
  code: string;
  title?: string | undefined;
  detail?: string | undefined;
  faults?: Fault[];
  requestId?: string | null;
  retryAfterSeconds?: number | null;
  extra?: Record<string, unknown>;
  cause?: unknown;
}

/** What the server answered instead of success: the catalogue's code, and what else its problem document holds. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: string;
  readonly title: string | undefined;
  readonly detail: string | undefined;
  readonly faults: Fault[];
  readonly requestId: string | null;
  /** How long the server asks to wait; null where it does not say. */
  readonly retryAfterSeconds: number | null;
  readonly extra: Record<string, unknown>;

  constructor(facts: Facts) {
    const { status, code, title, detail, faults = [], requestId = null, extra = {}, cause } = facts;
    super(detail ? `${code}: ${detail}` : code, { cause });
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.faults = faults;
    this.requestId = requestId;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
    this.extra = extra;
  }

  /** The request may or may not have arrived. */
  static unreachable(cause: unknown): ProblemError {
    return new ProblemError({ status: 0, code: 'portal.unreachable', cause });
  }

  /** Worth asking again by itself: nothing about the request was wrong. Of 429 only that which says when. */
  get isTransient(): boolean {
    if (this.status === 429) return this.retryAfterSeconds !== null;
    return this.status === 0 || this.status === 503 || this.status === 502 || this.status === 504;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

export function problemOf(body: unknown, response: Response): ProblemError {
  const requestIdHeader = response.headers.get('X-Request-Id');
  if (!isRecord(body) || typeof body.code !== 'string') {
    return new ProblemError({ status: response.status, code: 'portal.unexpected-answer', requestId: requestIdHeader });
  }
  const { type: _type, title, status: _status, code, instance, detail, errors, ...extra } = body;
  return new ProblemError({
    status: response.status,
    code,
    title: typeof title === 'string' ? title : undefined,
    detail: typeof detail === 'string' ? detail : undefined,
    faults: Array.isArray(errors) ? (errors as Fault[]) : [],
    requestId: typeof instance === 'string' ? instance : requestIdHeader,
    retryAfterSeconds: secondsIn(response.headers.get('Retry-After')),
    extra,
  });
}

/** Our server tells seconds; the date that a proxy may send is nothing that a person waits for. */
const secondsIn = (retryAfter: string | null): number | null =>
  retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;

/** Anything thrown, as something that can be shown. */
export const asProblem = (error: unknown): ProblemError =>
  error instanceof ProblemError
    ? error
    : new ProblemError({ status: 0, code: 'portal.failed', detail: String(error), cause: error });
