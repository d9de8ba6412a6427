import type { Middleware, ParameterizedContext } from 'koa';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';

/** What the middlewares of this server tell each other. */
export interface RequestState {
  requestId: string;
  /** The declared path of the route that answers, for metrics and logs: few values, no ids. */
  pattern?: string;
  /** What was answered where it was a problem, for the log. */
  problem?: ProblemCode;
}

export type HttpContext = ParameterizedContext<RequestState>;
export type HttpMiddleware = Middleware<RequestState>;
