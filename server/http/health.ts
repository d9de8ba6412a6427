import type { HttpMiddleware } from './context.ts';
import type { Metrics } from '../observability/metrics.ts';

/** `/healthz`: the process lives. `/readyz`: it can answer. `/metrics`: for Prometheus. */
export const health =
  ({ ready, metrics }: { ready: () => Promise<boolean>; metrics: Metrics }): HttpMiddleware =>
  async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    if (ctx.path === '/healthz') {
      ctx.body = { status: 'ok' };
    } else if (ctx.path === '/readyz') {
      const isReady = await ready();
      ctx.status = isReady ? 200 : 503;
      ctx.body = { status: isReady ? 'ok' : 'not ready' };
    } else if (ctx.path === '/metrics') {
      ctx.type = metrics.registry.contentType;
      ctx.body = await metrics.registry.metrics();
    } else {
      return next();
    }
    ctx.set('Cache-Control', 'no-store');
  };
