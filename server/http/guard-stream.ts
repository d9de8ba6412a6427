import { bind } from '../observability/request-context.ts';
import type { HttpContext } from './context.ts';
import type { GuardDeps } from './guard.ts';
import { checkInput } from './input.ts';
import { requestFacts } from './request-facts.ts';
import type { StreamRoute } from './route.ts';
import { takePlace } from './take-place.ts';

/** Authenticates, validates, and hands the answer over to the stream. */
export const guardStream =
  (route: StreamRoute, { authenticate, admission, places }: GuardDeps) =>
  async (ctx: HttpContext): Promise<void> => {
    const caller = await admission.admit(ctx);
    bind({ userId: caller.userId });
    const input = checkInput({ query: route.query }, { params: {}, query: { ...ctx.query }, body: undefined });

    takePlace(ctx, places, caller);
    const stream = route.open({
      input: input as never,
      caller,
      again: () => authenticate(ctx),
      lastEventId: ctx.get('Last-Event-ID') || null,
      request: requestFacts(ctx),
    });
    ctx.status = 200;
    ctx.set({ 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' });
    ctx.type = 'text/event-stream';
    ctx.body = stream;
    ctx.req.socket.setNoDelay(true);
    ctx.req.socket.setTimeout(0);
  };
