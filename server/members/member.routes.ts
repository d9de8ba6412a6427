import { Problem } from '../../workflows/contracts/problem.ts';
import type { Rights } from '../access/rights.ts';
import { byId } from '../http/fields.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { addMember } from './commands/add-member.ts';
import { removeMember } from './commands/remove-member.ts';
import { listMembers } from './list-members.ts';
import { mayGrant } from './may-grant.ts';
import { presentMember } from './member.presenter.ts';
import { AddedMember, MemberList, MemberQuery, NewMember } from './member.schema.ts';
import { requireMember } from './require-member.ts';

export interface MemberDeps {
  rights: Rights;
}

export const memberRoutes = (deps: MemberDeps): Route[] => [
  route({
    method: 'get',
    path: '/members',
    operationId: 'listMembers',
    summary: 'Who holds which role in the caller’s tenants',
    permission: 'member:read',
    runsAs: 'platform',
    query: MemberQuery,
    responses: { 200: MemberList },
    errors: ['request.cursor-invalid'],
    handle: async ({ input, caller, reach, tx }) => ({
      status: 200,
      body: mapPage(await listMembers(tx, reach(), input.query), (row) => presentMember(row, caller)),
    }),
  }),
  route({
    method: 'post',
    path: '/members',
    operationId: 'addMember',
    summary: 'Give a person a role in a tenant or project',
    permission: 'member:create',
    runsAs: 'platform',
    body: NewMember,
    responses: { 201: AddedMember },
    errors: ['tenant.unknown', 'project.unknown', 'member.exists'],
    neverStored: true,
    async handle(context) {
      const { input, caller, tx } = context;
      const on = { tenantId: input.body.tenantId, projectId: input.body.projectId ?? null };
      context.authorize(on);
      if (!mayGrant(caller, deps.rights, input.body.role, on)) throw exceeds();
      const { id, password } = await addMember(tx, {
        ...input.body,
        by: requesterOf(context),
        reach: context.reach(),
      });
      return {
        status: 201,
        body: { ...presentMember(await requireMember(tx, id, caller), caller), password },
        headers: { Location: `/api/v1/members/${id}` },
      };
    },
  }),
  // Without If-Match: a membership is never changed, so that there is nothing to have missed.
  route({
    method: 'delete',
    path: '/members/:id',
    operationId: 'removeMember',
    summary: 'Take a role away',
    permission: 'member:delete',
    runsAs: 'platform',
    params: byId,
    responses: { 204: null },
    errors: ['member.unknown'],
    async handle(context) {
      const member = await requireMember(context.tx, context.input.params.id, context.caller);
      context.authorize(member);
      if (!mayGrant(context.caller, deps.rights, member.role, member)) throw exceeds();
      await removeMember(context.tx, { member, by: requesterOf(context) });
      return { status: 204 };
    },
  }),
];

const exceeds = () => new Problem('access.denied', 'The role holds rights that you do not have here.');
