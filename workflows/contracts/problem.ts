import { problems, type Fault, type ProblemCode } from './problems.ts';

/**
 * The one error that carries a code of the catalogue. Routes turn it into problem+json, activities into an
 * `ApplicationFailure` whose `type` is the code. `detail` may be shown to the caller: never a secret, never a stack.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly faults: Fault[];
  /** Further members of the problem document, such as the id of the operation that is in the way. */
  readonly extra: Record<string, string | number>;

  constructor(
    code: ProblemCode,
    detail?: string,
    options: { faults?: Fault[]; extra?: Record<string, string | number>; cause?: unknown } = {},
  ) {
    super(detail ? `${code}: ${detail}` : code, { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.faults = options.faults ?? [];
    this.extra = options.extra ?? {};
  }

  get status(): number {
    return problems[this.code][0];
  }

  get title(): string {
    return problems[this.code][1];
  }
}

/** Worth another attempt: what answers no today may answer tomorrow. Everything else ends the step at once. */
const transientCodes: ReadonlySet<ProblemCode> = new Set([
  'cluster.unavailable',
  'agent.unreachable',
  'server.unavailable',
  'storage.unavailable',
]);

export const isTransient = (code: ProblemCode): boolean => transientCodes.has(code);
