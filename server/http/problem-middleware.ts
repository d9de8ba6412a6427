import type { Logger } from 'pino';
import type { HttpMiddleware } from './context.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import { problemDocument } from './problem-document.ts';
import { problemOf } from './problem-of.ts';
import { ProblemWithHeaders } from './problem-with-headers.ts';

/** The only place where an error becomes an answer. */
export const problemMiddleware =
  (logger: Logger): HttpMiddleware =>
  async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null) && !ctx.headerSent)
        throw new Problem('request.not-found');
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status >= 500) logger.error({ err: problem.cause ?? error, code: problem.code }, 'request failed');
      const headers = headersOf(error);
      ctx.state.problem = problem.code;
      ctx.status = problem.status;
      ctx.body = problemDocument(problem, ctx.state.requestId);
      ctx.set(headers);
      ctx.type = 'application/problem+json';
    }
  };

/** Only what was meant for the caller, such as Allow or WWW-Authenticate. */
function headersOf(error: unknown): Record<string, string> {
  const named = error instanceof ProblemWithHeaders ? error.headers : {};
  const unauthenticated = error instanceof Problem && error.status === 401;
  return unauthenticated ? { 'WWW-Authenticate': 'Bearer', ...named } : named;
}
