import Koa from 'koa';
import { requestLog } from '../observability/request-log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { HttpMiddleware, RequestState } from './context.ts';
import { health } from './health.ts';
import { mount, type MountDeps } from './mount.ts';
import { portal } from './portal.ts';
import { problemMiddleware } from './problem-middleware.ts';
import type { AnyRoute } from './route.ts';
import { requestBounds } from './request-bounds.ts';
import { securityHeaders } from './security-headers.ts';
import { whereFrom } from './client-address.ts';
import { wentAway } from './went-away.ts';

export interface ApplicationDeps extends MountDeps {
  routes: readonly AnyRoute[];
  metrics: Metrics;
  ready: () => Promise<boolean>;
  webRoot: string | null;
  trustedProxies: number;
  /** Answers below its own path, and leaves everything else alone. */
  temporalUi: HttpMiddleware;
}

/** The order of things that happen to a request, from the outside in. */
export function application(deps: ApplicationDeps): Koa<RequestState> {
  const app = new Koa<RequestState>();
  app.use(whereFrom(deps.trustedProxies));
  app.use(requestLog(deps));
  app.use(securityHeaders(deps.publicUrl));
  app.use(problemMiddleware(deps.logger));
  app.use(requestBounds);
  app.use(health(deps));
  app.use(deps.temporalUi);
  app.use(mount(deps.routes, deps));
  if (deps.webRoot) app.use(portal(deps.webRoot));
  // Errors of answers that were under way already: nothing can be told to the caller any more.
  app.on('error', (error: unknown) => {
    if (!wentAway(error)) deps.logger.warn({ err: error }, 'an answer was cut off');
  });
  return app;
}
