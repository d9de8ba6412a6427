import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import { Lru } from '../access/lru.ts';
import { tenantsMeantBy } from '../access/scope-of.ts';
import type { Authenticate } from '../identity/authenticate.ts';
import { sessionTokenIn } from '../identity/session-token.ts';
import { limitHeaders } from '../limits/limit-headers.ts';
import type { Ask, RateLimits, Refusal, Spent } from '../limits/rate-limits.ts';
import type { Metrics } from '../observability/metrics.ts';
import { networkOf } from './client-address.ts';
import type { HttpContext } from './context.ts';

/** Who gets in, and how often. */
export interface Admission {
  /**
   * Before anything is done for a request. One whose credentials were good a moment ago goes on to `admit`, where
   * that comes next; everybody else counts for the address that he comes from.
   * @throws Problem 'request.rate-limited'
   */
  arrive(ctx: HttpContext, next: { isAdmitted: boolean }): Promise<void>;
  /**
   * Who is asking, counted for himself, his token and his tenant.
   * @throws Problem 'access.unauthenticated', 'access.token-invalid', 'request.rate-limited'
   */
  admit(ctx: HttpContext): Promise<Caller>;
}

interface Deps {
  authenticate: Authenticate;
  limits: RateLimits;
  metrics: Pick<Metrics, 'unauthenticated' | 'limited'>;
}

const rememberedAtMost = 10_000;

export function admission({ authenticate, limits, metrics }: Deps): Admission {
  /** Credentials that were good when they came last, with what they are counted for. */
  const known = new Lru<string, readonly Ask[]>(rememberedAtMost);

  const refuse = ({ limit, quota, retryAfterSeconds }: Refusal): never => {
    metrics.limited.inc({ limit });
    throw new Problem('request.rate-limited', `${quota} a minute for each ${limit}.`, {
      extra: { limit, retryAfterSeconds },
    });
  };
  const within = (ctx: HttpContext, spent: Spent): void => {
    ctx.set(limitHeaders(spent));
    if (spent.refusal) refuse(spent.refusal);
  };
  const authenticated = async (ctx: HttpContext, credential: string | null): Promise<Caller> => {
    try {
      const caller = await authenticate(ctx);
      if (!caller) throw new Problem('access.unauthenticated');
      return caller;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        // Not in the audit: see docs/audit.md.
        metrics.unauthenticated.inc({ credential: kindOf(ctx, credential) });
        if (credential !== null) known.delete(credential);
      }
      throw error;
    }
  };

  return {
    async arrive(ctx, { isAdmitted }) {
      const credential = isAdmitted ? credentialIn(ctx) : null;
      const asks = credential === null ? undefined : known.get(credential);
      if (!asks) return within(ctx, await limits.spend([{ limit: 'address', of: [networkOf(ctx.ip)] }]));
      // A flood by somebody whom we know does not even cost the statement that would ask who he is.
      const now = limits.peek(asks);
      if (now.refusal) within(ctx, now);
    },
    async admit(ctx) {
      const credential = credentialIn(ctx);
      const caller = await authenticated(ctx, credential);
      const own: Ask[] = [
        { limit: 'user', of: [caller.userId] },
        { limit: 'token', of: [caller.sessionId] },
      ];
      if (credential !== null) known.set(credential, own);
      within(ctx, await limits.spend([...own, { limit: 'tenant', of: tenantsMeantBy(caller, ctx.query) }]));
      return caller;
    },
  };
}

/** As `authenticate` looks at it: a bearer token goes before a cookie. */
const credentialIn = (ctx: HttpContext): string | null => ctx.get('Authorization') || sessionTokenIn(ctx.get('Cookie'));

const kindOf = (ctx: HttpContext, credential: string | null): 'token' | 'session' | 'none' => {
  if (ctx.get('Authorization') !== '') return 'token';
  return credential === null ? 'none' : 'session';
};
