import Router from '@koa/router';
import { Problem } from '../../workflows/contracts/problem.ts';
import { apiPrefix } from './api-prefix.ts';
import { sessionTokenIn } from '../identity/session-token.ts';
import type { HttpContext, HttpMiddleware, RequestState } from './context.ts';
import { refuseCrossSite, refuseCrossSiteStream } from './cross-site.ts';
import { guard, type GuardDeps } from './guard.ts';
import { guardStream } from './guard-stream.ts';
import { ProblemWithHeaders } from './problem-with-headers.ts';
import { isStream, type AnyRoute } from './route.ts';

export interface MountDeps extends GuardDeps {
  /** Under which browsers know the portal. */
  publicUrl: string;
}

/** Every declared route below the prefix; whatever else is asked for there is 404, or 405 with Allow. */
export function mount(routes: readonly AnyRoute[], deps: MountDeps): HttpMiddleware {
  const publicOrigin = new URL(deps.publicUrl).origin;
  const router = new Router<RequestState>({ prefix: apiPrefix });
  for (const route of routes) {
    const answer = isStream(route) ? guardStream(route, deps) : guard(route, deps);
    router[route.method](route.path, async (ctx, next) => {
      // GET routes also match HEAD, which a stream must not take.
      if (isStream(route) && ctx.method === 'HEAD') return next();
      ctx.state.pattern = route.path;
      await deps.admission.arrive(ctx, { isAdmitted: route.permission !== 'public' });
      refuseCrossSiteRequest(ctx, publicOrigin, isStream(route) ? refuseCrossSiteStream : refuseCrossSite);
      await answer(ctx);
    });
  }
  const dispatch = router.routes();
  const allowed = methodsByPath(router, routes);
  return async (ctx, next) => {
    if (!ctx.path.startsWith(`${apiPrefix}/`)) return next();
    ctx.set('Cache-Control', 'no-store');
    // PostgreSQL cannot hold U+0000 in text; bodies are checked where they are read.
    if (/%00/.test(ctx.url)) throw new Problem('request.invalid', 'The address holds U+0000.');
    const methods = allowed(ctx.path);
    const refuse = async (): Promise<never> => {
      await deps.admission.arrive(ctx, { isAdmitted: false });
      if (methods.length === 0) throw new Problem('request.not-found');
      throw new ProblemWithHeaders('request.method-not-allowed', { Allow: methods.join(', ') });
    };
    if (!methods.includes(ctx.method)) await refuse();
    // A stream takes no HEAD.
    await dispatch(ctx as Parameters<typeof dispatch>[0], refuse);
  };
}

function refuseCrossSiteRequest(ctx: HttpContext, publicOrigin: string, refuse: typeof refuseCrossSite): void {
  if (ctx.get('Authorization') !== '') return;
  const byCookie = sessionTokenIn(ctx.get('Cookie')) !== null;
  const { method, host } = ctx;
  refuse({ method, host, byCookie, origin: ctx.get('Origin'), fetchSite: ctx.get('Sec-Fetch-Site') }, publicOrigin);
}

/**
 * The methods that an address takes. One without parameters is itself, though it fits a parameter of another one:
 * `/instances/preview` is no instance.
 */
function methodsByPath(router: Router<RequestState>, routes: readonly AnyRoute[]): (path: string) => string[] {
  const plain = new Map<string, string[]>();
  for (const { path, method } of routes) {
    if (path.includes(':')) continue;
    const methods = method === 'get' ? ['HEAD', 'GET'] : [method.toUpperCase()];
    plain.set(apiPrefix + path, [...(plain.get(apiPrefix + path) ?? []), ...methods]);
  }
  return (path) => plain.get(path) ?? [...new Set(router.match(path, '').path.flatMap(({ methods }) => methods))];
}
