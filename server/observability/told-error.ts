/** What a log says of an error. */
interface ToldError {
  type: string;
  message: string;
  code?: string;
  /** Of the database: which rule of the schema, never which row. */
  constraint?: string;
  /** Where it came from, without the sentence that stands before it. */
  stack?: string;
  cause?: ToldError;
  errors?: ToldError[];
}

const deepest = 5;

/**
 * Kind, code, sentence and place of an error and of what caused it, and nothing else: libraries hang on their errors the
 * statement, the row, the request or the answer, where a tenant's values stand. The database quotes such values in its
 * sentences too, so that of its faults of data only the code is told.
 */
export function toldError(error: unknown, depth = 0): ToldError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'no error was thrown, but something else' };
  const { code, constraint, severity } = error as { code?: unknown; constraint?: unknown; severity?: unknown };
  const ofData = typeof severity === 'string' && typeof code === 'string' && /^(22|23)/.test(code);
  const causes = error instanceof AggregateError ? (error.errors as unknown[]).slice(0, deepest) : [];
  const goesOn = depth < deepest;
  return {
    type: error.name,
    message: ofData ? `the database refused a value (${code})` : error.message,
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    ...(error.stack && { stack: framesOf(error.stack) }),
    ...(goesOn && error.cause !== undefined && { cause: toldError(error.cause, depth + 1) }),
    ...(goesOn && causes.length > 0 && { errors: causes.map((one) => toldError(one, depth + 1)) }),
  };
}

const framesOf = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
