import Router from '@koa/router';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { HttpMiddleware, RequestState } from './context.ts';
import { guard, type GuardDeps } from './guard.ts';
import { guardStream } from './guard-stream.ts';
import { ProblemWithHeaders } from './problem-middleware.ts';
import { isStream, type AnyRoute } from './route.ts';

export const apiPrefix = '/api/v1';

/** Every declared route below the prefix; whatever else is asked for there is 404, or 405 with Allow. */
export function mount(routes: readonly AnyRoute[], deps: GuardDeps): HttpMiddleware {
  const router = new Router<RequestState>({ prefix: apiPrefix });
  for (const route of routes) {
    const answer = isStream(route) ? guardStream(route, deps) : guard(route, deps);
    router[route.method](route.path, async (ctx, next) => {
      // GET routes also match HEAD, which a stream must not take.
      if (isStream(route) && ctx.method === 'HEAD') return next();
      ctx.state.pattern = route.path;
      await answer(ctx);
    });
  }
  const dispatch = router.routes();
  return async (ctx, next) => {
    if (!ctx.path.startsWith(`${apiPrefix}/`)) return next();
    ctx.set('Cache-Control', 'no-store');
    await dispatch(ctx as Parameters<typeof dispatch>[0], async () => {
      const allowed = allowedMethods(router, ctx.path);
      if (allowed.length === 0) throw new Problem('request.not-found');
      throw new ProblemWithHeaders('request.method-not-allowed', { Allow: allowed.join(', ') });
    });
  };
}

const allowedMethods = (router: Router<RequestState>, path: string): string[] => [
  ...new Set(router.match(path, '').path.flatMap(({ methods }) => methods)),
];
