import { Problem } from '../../workflows/contracts/problem.ts';
import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import type { Rights } from '../access/rights.ts';
import { byId, timeOf } from '../http/fields.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { createUser } from '../identity/commands/create-user.ts';
import { requesterOf } from '../operations/requester.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import { grantsOfRole } from '../roles/grants-of-role.ts';
import { requireGrantable } from '../roles/require-grantable.ts';
import { acceptInvitation } from './commands/accept-invitation.ts';
import { auditInvalidOffer } from './commands/audit-invalid-offer.ts';
import { createInvitation } from './commands/create-invitation.ts';
import { withdrawInvitation } from './commands/withdraw-invitation.ts';
import {
  InvitationList,
  InvitationOffer,
  InvitationQuery,
  InvitationToken,
  Joined,
  MadeInvitation,
  NewAccount,
  NewInvitation,
  type InvitationAnswer,
} from './invitation.schema.ts';
import { listInvitations, requireInvitation, requireOffer, type InvitationRow } from './read-invitations.ts';

export interface InvitationDeps {
  db: Database;
  rights: Rights;
  /** Under which browsers know the portal. */
  publicUrl: string;
}

/** There is no mail: whoever invites is shown the link, once, and hands it over himself. */
export const invitationRoutes = (deps: InvitationDeps): Route[] => [
  route({
    method: 'get',
    path: '/invitations',
    operationId: 'listInvitations',
    summary: 'Invitations that can still be accepted, the newest first',
    permission: 'member:read',
    runsAs: 'platform',
    query: InvitationQuery,
    responses: { 200: InvitationList },
    errors: ['request.cursor-invalid'],
    handle: async ({ input, caller, reach, tx }) => ({
      status: 200,
      body: mapPage(await listInvitations(tx, reach(), input.query), (row) => presentInvitation(row, caller)),
    }),
  }),
  route({
    method: 'post',
    path: '/invitations',
    operationId: 'createInvitation',
    summary: 'Offer a role to whoever comes with the token that is answered',
    permission: 'member:create',
    runsAs: 'platform',
    body: NewInvitation,
    responses: { 201: MadeInvitation },
    errors: ['tenant.unknown', 'project.unknown', 'role.unknown'],
    neverStored: true,
    async handle(context) {
      const { input, caller, tx, authorize } = context;
      const { tenantId, projectId = null, role } = input.body;
      const on = { tenantId, projectId };
      authorize(on);
      requireGrantable(caller, await grantsOfRole(tx, deps.rights.builtIn, { tenantId, role }), on);
      const { id, token } = await createInvitation(tx, { ...input.body, caller, by: requesterOf(context) });
      const made = presentInvitation(await requireInvitation(tx, id, caller), caller);
      return {
        status: 201,
        // Behind the #, which browsers do not send: it gets into no log on the way.
        body: { ...made, token, url: `${deps.publicUrl}/invitation#${token}` },
        headers: { Location: `/api/v1/invitations/${id}` },
      };
    },
  }),
  // Without If-Match: an invitation is never changed, so that there is nothing to have missed.
  route({
    method: 'delete',
    path: '/invitations/:id',
    operationId: 'withdrawInvitation',
    summary: 'Take an invitation back',
    permission: 'member:create',
    runsAs: 'platform',
    params: byId,
    responses: { 204: null },
    errors: ['invitation.unknown'],
    async handle(context) {
      const { input, caller, tx, authorize } = context;
      const invitation = await requireInvitation(tx, input.params.id, caller);
      authorize({ tenantId: invitation.tenantId, projectId: invitation.projectId });
      await withdrawInvitation(tx, { invitation, by: requesterOf(context) });
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/invitations/look',
    operationId: 'lookAtInvitation',
    summary: 'What a token offers',
    permission: 'public',
    runsAs: 'platform',
    changesNothing: true,
    takesSecret: invitationToken,
    body: InvitationToken,
    responses: { 200: InvitationOffer },
    errors: ['invitation.invalid'],
    async handle({ input, tx }) {
      const { tenantName, projectName, role, roleName, invitedBy, expiresAt } = await requireOffer(
        tx,
        input.body.token,
      );
      return {
        status: 200,
        body: { tenantName, projectName, role, roleName, invitedBy, expiresAt: timeOf(expiresAt) },
      };
    },
  }),
  route({
    method: 'post',
    path: '/invitations/accept',
    operationId: 'acceptInvitation',
    summary: 'Take what a token offers, as who one is',
    permission: 'signed-in',
    runsAs: 'platform',
    takesSecret: invitationToken,
    body: InvitationToken,
    responses: { 200: Joined },
    errors: ['invitation.invalid', 'member.exists'],
    async handle(context) {
      const { input, caller, tx } = context;
      const invitation = await requireOffer(tx, input.body.token);
      const { rights } = deps;
      await acceptInvitation(tx, { invitation, person: caller, by: requesterOf(context), rights });
      return { status: 200, body: joined(invitation) };
    },
  }),
  route({
    method: 'post',
    path: '/invitations/register',
    operationId: 'registerByInvitation',
    summary: 'Take what a token offers, with a new account; signing in is the next step',
    permission: 'public',
    runsAs: 'itself',
    takesSecret: invitationToken,
    body: NewAccount,
    responses: { 200: Joined },
    errors: ['invitation.invalid', 'request.unfit'],
    neverStored: true,
    async handle({ input, request }) {
      try {
        return { status: 200, body: await register(deps, input.body, request.requestId) };
      } catch (error) {
        const isRefusal = error instanceof Problem && error.code === 'invitation.invalid';
        if (isRefusal) await auditInvalidOffer(deps.db, { name: input.body.name, request });
        throw error;
      }
    },
  }),
];

const invitationToken = {
  in: ({ token }: { token: string }) => `invitation ${token}`,
  wrong: ['invitation.invalid'],
} satisfies Route['takesSecret'];

async function register(
  { db, rights }: InvitationDeps,
  { token, name, displayName, password }: NewAccount,
  requestId: string,
) {
  // Before the password is hashed, so that nobody without a token makes us work.
  await db.transaction(platformScope(), (tx) => requireOffer(tx, token));
  return db.transaction(platformScope(), async (tx) => {
    const invitation = await requireOffer(tx, token);
    const userId = await createUser(tx, { name, displayName: displayName ?? name, password });
    if (userId === null) throw nameTaken();
    const by = { userId, name, requestId };
    await acceptInvitation(tx, { invitation, person: { userId, name }, by, rights });
    return joined(invitation);
  });
}

const joined = ({ tenantId, projectId }: InvitationRow) => ({ tenantId, projectId });

const nameTaken = () =>
  new Problem('request.unfit', undefined, {
    faults: [{ pointer: '/name', detail: 'is taken: choose another, or sign in with the account that has it' }],
  });

const presentInvitation = (row: InvitationRow, caller: Caller): InvitationAnswer => ({
  id: row.id,
  tenantId: row.tenantId,
  projectId: row.projectId,
  projectName: row.projectName,
  role: row.role,
  roleName: row.roleName,
  note: row.note,
  invitedBy: row.invitedBy,
  createdAt: timeOf(row.createdAt),
  expiresAt: timeOf(row.expiresAt),
  permissions: loadPermissions(caller, { tenantId: row.tenantId, projectId: row.projectId }, ['member:create']),
});
