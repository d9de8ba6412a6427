import { sessionTokenIn } from '../identity/session-token.ts';
import type { HttpContext } from './context.ts';
import type { RequestFacts } from './route.ts';

export const requestFacts = (ctx: HttpContext): RequestFacts => ({
  requestId: ctx.state.requestId,
  address: ctx.ip,
  origin: ctx.get('Origin') || null,
  sessionToken: sessionTokenIn(ctx.get('Cookie')),
});
