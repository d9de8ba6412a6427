import type { z } from 'zod';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { permissions } from '../access/permissions.ts';
import { requireTenantOfProject } from '../access/require-tenant-of-project.ts';
import { scopeOf } from '../access/scope-of.ts';
import type { Attempts } from '../limits/attempts.ts';
import { route, type RequestFacts, type Route } from '../http/route.ts';
import type { TemporalUi } from '../operations/operation.presenter.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import { accessTokenSeconds, type AccessTokens } from './access-token.ts';
import type { Authenticate } from './authenticate.ts';
import { openSession } from './commands/open-session.ts';
import { refreshSession, sessionIdIn } from './commands/refresh-session.ts';
import { verifyPassword } from './commands/verify-password.ts';
import { Login, Me, MyPermissions, PlaceQuery, TokenAnswer, TokenRequest } from './identity.schema.ts';
import { presentMe } from './me.presenter.ts';
import { clearedSessionCookie, cookieHeaderOf, sessionCookie } from './session-token.ts';

export interface IdentityDeps {
  db: Database;
  authenticate: Authenticate;
  tokens: AccessTokens;
  attempts: Attempts;
  temporalUi: TemporalUi | null;
}

export const identityRoutes = (deps: IdentityDeps): Route[] => [
  route({
    method: 'post',
    path: '/auth/login',
    operationId: 'signIn',
    summary: 'Sign in to the portal: sets the session cookie',
    permission: 'public',
    runsAs: 'itself',
    body: Login,
    responses: { 200: Me },
    errors: ['access.credentials-wrong', 'access.too-many-attempts'],
    neverStored: true,
    async handle({ input, request }) {
      const verified = await verifyPassword(deps, { ...input.body, ...request });
      const { token } = await deps.db.transaction(platformScope(verified.userId), (tx) =>
        openSession(tx, { ...verified, ...request, kind: 'portal' }),
      );
      // As the next request will see him, so that sign-in and `GET /me` cannot differ.
      const caller = await deps.authenticate({
        get: (name) => (name === 'Cookie' ? cookieHeaderOf(token) : ''),
      });
      if (!caller) throw new Problem('access.credentials-wrong');
      const body = await deps.db.transaction(scopeOf(caller, {}), (tx) => presentMe(tx, caller, deps.temporalUi));
      return { status: 200, body, headers: sessionCookie(token) };
    },
  }),
  route({
    method: 'post',
    path: '/auth/logout',
    operationId: 'signOut',
    summary: 'End this session at once',
    permission: 'signed-in',
    runsAs: 'platform',
    responses: { 204: null },
    async handle({ caller, tx, request }) {
      await tx.query(`update sessions set revoked_at = now() where id = ? and revoked_at is null`, [caller.sessionId]);
      tx.audit({
        tenantId: null,
        actorId: caller.userId,
        actorName: caller.name,
        action: 'signOut',
        objectType: 'session',
        objectId: caller.sessionId,
        outcome: 'succeeded',
        detail: { address: request.address },
        requestId: request.requestId,
      });
      return { status: 204, headers: clearedSessionCookie };
    },
  }),
  route({
    method: 'post',
    path: '/auth/token',
    operationId: 'issueToken',
    summary: 'A bearer token for API clients (OAuth 2 grants: password, refresh_token)',
    permission: 'public',
    runsAs: 'itself',
    takesForm: true,
    body: TokenRequest,
    responses: { 200: TokenAnswer },
    errors: ['access.credentials-wrong', 'access.token-invalid', 'access.too-many-attempts'],
    neverStored: true,
    async handle({ input: { body }, request }) {
      const session = await sessionFor(deps, body, request);
      return {
        status: 200,
        body: {
          access_token: await deps.tokens.issue(session),
          token_type: 'Bearer',
          expires_in: accessTokenSeconds,
          refresh_token: session.token,
        },
      };
    },
  }),
  route({
    method: 'get',
    path: '/me',
    operationId: 'getMe',
    summary: 'Who is signed in, and what he may do on the platform',
    permission: 'signed-in',
    responses: { 200: Me },
    handle: async ({ caller, tx }) => ({
      status: 200,
      body: await presentMe(tx, caller, deps.temporalUi),
    }),
  }),
  route({
    method: 'get',
    path: '/me/permissions',
    operationId: 'getMyPermissions',
    summary: 'What the caller may do on the platform, in a tenant, or in one of its projects',
    permission: 'signed-in',
    query: PlaceQuery,
    responses: { 200: MyPermissions },
    errors: ['request.unfit'],
    async handle({ input: { query }, caller }) {
      requireTenantOfProject(query);
      return { status: 200, body: permissionsIn(caller, query) };
    },
  }),
];

function permissionsIn(caller: Caller, { tenantId, projectId }: z.output<typeof PlaceQuery>) {
  const on = tenantId ? { tenantId, projectId } : 'platform';
  const held = loadPermissions(caller, on, permissions);
  const own = tenantId ? loadPermissions(caller, { tenantId, projectId, createdBy: caller.userId }, permissions) : held;
  return { permissions: held, ownPermissions: own.filter((permission) => !held.includes(permission)) };
}

async function sessionFor(
  { db, attempts }: Pick<IdentityDeps, 'db' | 'attempts'>,
  body: z.output<typeof TokenRequest>,
  request: RequestFacts,
): Promise<{ userId: string; sessionId: string; token: string }> {
  if (body.grant_type === 'refresh_token') {
    const refreshToken = body.refresh_token;
    const { address } = request;
    const attempt = { address, sessionToken: null, name: sessionIdIn(refreshToken) ?? 'no refresh token' };
    return attempts.make(attempt, ['access.token-invalid'], () => refreshSession(db, { ...request, refreshToken }));
  }
  const verified = await verifyPassword({ db, attempts }, { name: body.username, password: body.password, ...request });
  const opened = await db.transaction(platformScope(verified.userId), (tx) =>
    openSession(tx, { ...verified, ...request, kind: 'api' }),
  );
  return { ...opened, userId: verified.userId };
}
