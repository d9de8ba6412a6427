import type { Middleware, ParameterizedContext } from 'koa';

/** What the middlewares of this server tell each other. */
export interface RequestState {
  requestId: string;
  /** The declared path of the route that answers, for metrics and logs: few values, no ids. */
  pattern?: string;
}

export type HttpContext = ParameterizedContext<RequestState>;
export type HttpMiddleware = Middleware<RequestState>;
