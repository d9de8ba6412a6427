import type { Logger } from 'pino';
import type { HttpMiddleware } from '../http/context.ts';
import { requestIdOf } from '../http/request-id.ts';
import type { Metrics } from './metrics.ts';
import { withBindings } from './request-context.ts';

/** Gives every request its id, and accounts for it in log and metrics once it is answered. */
export const requestLog =
  ({ logger, metrics }: { logger: Logger; metrics: Metrics }): HttpMiddleware =>
  async (ctx, next) => {
    const requestId = requestIdOf(ctx.get('X-Request-Id'));
    ctx.state.requestId = requestId;
    ctx.set('X-Request-Id', requestId);
    const startedAt = performance.now();
    await withBindings({ requestId }, async () => {
      await next();
      const durationMs = performance.now() - startedAt;
      const route = ctx.state.pattern;
      if (!route) return;
      metrics.requestSeconds.observe({ method: ctx.method, route, status: ctx.status }, durationMs / 1000);
      logger.info(
        {
          method: ctx.method,
          path: ctx.path,
          status: ctx.status,
          durationMs: Math.round(durationMs),
        },
        'answered',
      );
    });
  };
