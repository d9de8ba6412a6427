import type { Logger } from 'pino';
import { z } from 'zod';
import { auditDenial, refusalIn } from '../audit/audit-denial.ts';
import { auditLook } from '../audit/audit-look.ts';
import type { Caller } from '../access/caller.ts';
import { scopeOf } from '../access/scope-of.ts';
import type { Authenticate } from '../identity/authenticate.ts';
import type { Attempts } from '../limits/attempts.ts';
import type { StreamPlaces } from '../limits/stream-places.ts';
import { bind } from '../observability/request-context.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Admission } from './admission.ts';
import { checkedAccess, type CheckedAccess } from './checked-access.ts';
import { checkAnswer } from './check-answer.ts';
import type { HttpContext } from './context.ts';
import { claimKey, keepAnswer, keyedRequest, type KeyedRequest } from './idempotency.ts';
import { generationOf } from './if-match.ts';
import { checkInput, type Input } from './input.ts';
import { readBody } from './read-body.ts';
import { requestFacts } from './request-facts.ts';
import type { Answer, Route } from './route.ts';
import { takePlace } from './take-place.ts';

export interface GuardDeps {
  db: Database;
  logger: Logger;
  authenticate: Authenticate;
  admission: Admission;
  attempts: Attempts;
  places: StreamPlaces;
  /** Hold every answer against its declaration (everywhere but in production). */
  checkAnswers: boolean;
}

/** A route as it reads: authenticate, read, validate, tenant, idempotency, handler with its check of rights. */
export const guard =
  (route: Route, deps: GuardDeps) =>
  async (ctx: HttpContext & { params: Record<string, string> }): Promise<void> => {
    const caller = route.permission === 'public' ? null : await deps.admission.admit(ctx);
    if (caller) bind({ userId: caller.userId });

    const body = route.body ? await readBody(ctx, route.takesForm === true) : { value: undefined, raw: '' };
    const input = checkInput(route, {
      params: ctx.params,
      query: { ...ctx.query },
      body: body.value,
    });
    const expectedGeneration = route.ifMatch ? generationOf(ctx.get('If-Match')) : 0;
    const keyed = keyedBy(ctx, route, caller, body.raw);
    const access = checkedAccess(route, caller);

    const again = () => deps.authenticate(ctx);
    const handle = async (tx: Transaction | null): Promise<Answer> => {
      const answer = await route.handle(contextOf(ctx, { input, expectedGeneration, access, tx, route, again }));
      access.assertAsked();
      if (deps.checkAnswers) checkAnswer(route, answer);
      return answer;
    };
    const handleOnce = async (tx: Transaction): Promise<Answer> => {
      const given = keyed && (await claimKey(tx, keyed));
      if (given) {
        // Rights may have been taken away since then.
        access.assertStillGranted(given.granted);
        return given.answer;
      }
      tx.auditAsOne();
      const answer = await handle(tx);
      if (deps.checkAnswers && changes(route)) assertAudited(route, tx);
      if (keyed && !route.neverStored) await keepAnswer(tx, keyed, { answer, granted: access.granted() });
      return answer;
    };

    const { requestId } = ctx.state;
    const objectId = idIn(ctx.params);
    try {
      if (caller && route.downloads) takePlace(ctx, deps.places, caller);
      const answer = await (route.takesSecret ? attempt(route.takesSecret, answerIt) : answerIt());
      if (caller && route.looksInto) {
        const look = { route: { ...route, looksInto: route.looksInto }, query: input.query, on: access.askedFor() };
        await auditLook(deps.db, { ...look, caller, objectId, requestId });
      }
      send(ctx, answer);
    } catch (error) {
      const refusal = caller && refusalIn(error, caller, access.wasHidden());
      if (refusal) await auditDenial(deps, { route, caller, ...refusal, on: access.askedFor(), objectId, requestId });
      throw error;
    }

    function answerIt(): Promise<Answer> {
      return route.runsAs === 'itself' ? handle(null) : deps.db.transaction(scope(), handleOnce);
    }

    function attempt({ in: secretIn, wrong }: NonNullable<Route['takesSecret']>, work: () => Promise<Answer>) {
      const { address, sessionToken } = requestFacts(ctx);
      return deps.attempts.make({ name: secretIn(input.body as never), address, sessionToken }, wrong, work);
    }

    function scope() {
      return route.runsAs === 'platform' ? platformScope(caller?.userId) : scopeOf(caller, input.query);
    }
  };

/** The object that a path names, where it names one by id. */
const idIn = ({ id = '' }: Record<string, string>): string | null => (z.uuid().safeParse(id).success ? id : null);

function contextOf(
  ctx: HttpContext,
  parts: {
    input: Input;
    expectedGeneration: number;
    access: CheckedAccess;
    tx: Transaction | null;
    route: Route;
    again: () => Promise<Caller | null>;
  },
) {
  const { input, expectedGeneration, access, tx, route, again } = parts;
  return {
    // The schemas of this very route produced it; only the list of routes has forgotten the types.
    input: input as never,
    expectedGeneration,
    get caller() {
      return access.caller();
    },
    get tx() {
      if (tx === null) throw new Error(`${route.operationId} runs without a transaction`);
      return tx;
    },
    request: requestFacts(ctx),
    authorize: access.authorize,
    again,
    reach: access.reach,
  };
}

const changes = ({ method, changesNothing }: Route): boolean => method !== 'get' && !changesNothing;

/** As with rights: a command that forgets its entry is a fault of the program. */
function assertAudited({ operationId }: Route, { auditCount }: Transaction): void {
  if (auditCount !== 1) throw new Error(`${operationId} wrote no audit entry`);
}

function keyedBy(ctx: HttpContext, route: Route, caller: Caller | null, rawBody: string): KeyedRequest | null {
  const key = ctx.headers['idempotency-key'];
  if (route.method !== 'post' || !caller || key === undefined) return null;
  return keyedRequest(caller.userId, String(key), [ctx.method, ctx.path, ctx.querystring, rawBody]);
}

function send(ctx: HttpContext, { status, headers, body }: Answer): void {
  ctx.body = body ?? null;
  ctx.status = status;
  if (headers) ctx.set(headers);
}
