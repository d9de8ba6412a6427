import type { Rights } from '../access/rights.ts';
import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { grantsOfRole } from '../roles/grants-of-role.ts';
import { requireGrantable } from '../roles/require-grantable.ts';
import { addMember } from './commands/add-member.ts';
import { changeMember } from './commands/change-member.ts';
import { removeMember } from './commands/remove-member.ts';
import { listMembers } from './list-members.ts';
import { grantsOfMember, placeOf, presentMember } from './member.presenter.ts';
import { AddedMember, MemberAnswer, MemberChange, MemberList, MemberQuery, NewMember } from './member.schema.ts';
import { lockMember, requireMember } from './require-member.ts';

export interface MemberDeps {
  rights: Rights;
}

export const memberRoutes = ({ rights }: MemberDeps): Route[] => [
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
      body: mapPage(await listMembers(tx, reach(), input.query), (row) => presentMember(row, caller, rights.builtIn)),
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
    errors: ['tenant.unknown', 'project.unknown', 'role.unknown', 'member.exists', 'request.unfit'],
    neverStored: true,
    async handle(context) {
      const { input, caller, tx } = context;
      const on = { tenantId: input.body.tenantId, projectId: input.body.projectId ?? null };
      context.authorize(on);
      requireGrantable(caller, await grantsOfRole(tx, rights.builtIn, { ...on, role: input.body.role }), on);
      const { id, password } = await addMember(tx, {
        ...input.body,
        by: requesterOf(context),
        reach: context.reach(),
      });
      return {
        status: 201,
        body: { ...presentMember(await requireMember(tx, id, caller), caller, rights.builtIn), password },
        headers: { ...etag(1), Location: `/api/v1/members/${id}` },
      };
    },
  }),
  route({
    method: 'patch',
    path: '/members/:id',
    operationId: 'changeMember',
    summary: 'Give a member another role in the same place',
    permission: 'member:update',
    runsAs: 'platform',
    params: byId,
    body: MemberChange,
    ifMatch: true,
    responses: { 200: MemberAnswer },
    errors: ['member.unknown', 'role.unknown', 'member.exists', 'member.last-administrator', 'request.stale'],
    async handle(context) {
      const { input, caller, tx, authorize, expectedGeneration } = context;
      const member = await lockMember(tx, input.params.id, caller);
      const on = placeOf(member);
      authorize(on);
      requireGrantable(caller, grantsOfMember(member, rights.builtIn), on);
      requireGrantable(caller, await grantsOfRole(tx, rights.builtIn, { ...on, role: input.body.role }), on);
      await changeMember(tx, { member, role: input.body.role, expectedGeneration, by: requesterOf(context) });
      const changed = await requireMember(tx, member.id, caller);
      return { status: 200, body: presentMember(changed, caller, rights.builtIn), headers: etag(changed.generation) };
    },
  }),
  route({
    method: 'delete',
    path: '/members/:id',
    operationId: 'removeMember',
    summary: 'Take a role away',
    permission: 'member:delete',
    runsAs: 'platform',
    params: byId,
    ifMatch: true,
    responses: { 204: null },
    errors: ['member.unknown', 'member.last-administrator', 'request.stale'],
    async handle(context) {
      const { input, caller, tx, authorize, expectedGeneration } = context;
      const member = await lockMember(tx, input.params.id, caller);
      authorize(placeOf(member));
      requireGrantable(caller, grantsOfMember(member, rights.builtIn), placeOf(member));
      await removeMember(tx, { member, expectedGeneration, by: requesterOf(context) });
      return { status: 204 };
    },
  }),
];
