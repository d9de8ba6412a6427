import type { Logger } from 'pino';
import type { HttpMiddleware } from '../http/context.ts';
import { requestIdOf } from '../http/request-id.ts';
import type { Metrics } from './metrics.ts';
import { withBindings } from './request-context.ts';

/** Of an address in the log: what is refused for its length is not logged at length. */
const loggedPathLength = 200;

/**
 * Gives every request its id, and accounts for it in log and metrics once it is answered. Of what was refused the log
 * says why and from where, also where no route was asked for: whoever feels his way along the walls leaves traces.
 */
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
      const { pattern: route, problem } = ctx.state;
      if (route) metrics.requestSeconds.observe({ method: ctx.method, route, status: ctx.status }, durationMs / 1000);
      if (!route && !problem) return;
      logger.info(
        {
          method: ctx.method,
          path: ctx.path.slice(0, loggedPathLength),
          status: ctx.status,
          ...(problem && { code: problem, address: ctx.ip }),
          durationMs: Math.round(durationMs),
        },
        'answered',
      );
    });
  };
