import { rulesOf } from '../../activities/adapters/registry.ts';
import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { route, type AccessScope, type Answer, type Route, type RouteContext } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { requireProject } from '../projects/require-project.ts';
import { requireTenant } from '../tenants/require-tenant.ts';
import { setDefaults } from './commands/set-defaults.ts';
import { byAgentKind, byIdAndAgentKind, DefaultsAnswer, DefaultsInput } from './config.schema.ts';
import { findDefaults, type DefaultsPlace, type DefaultsRow } from './find-defaults.ts';

const platform: DefaultsPlace = { layer: 'platform' };

const ofTenant = async ({ tx, input }: RouteContext<{ id: string }>): Promise<DefaultsPlace> => {
  const { id } = await requireTenant(tx, input.params.id);
  return { layer: 'tenant', tenantId: id, projectId: null };
};

const ofProject = async ({ tx, input }: RouteContext<{ id: string }>): Promise<DefaultsPlace> => {
  const { tenantId, id } = await requireProject(tx, input.params.id);
  return { layer: 'project', tenantId, projectId: id };
};

const answers = { responses: { 200: DefaultsAnswer } } as const;
const takes = { body: DefaultsInput, ifMatch: true, ...answers } as const;
const changeErrors = ['agent.kind-unknown', 'config.value-locked', 'request.stale', 'request.unfit'] as const;

export const defaultsRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/platform/defaults/:agentKind',
    operationId: 'getPlatformDefaults',
    summary: 'What the platform sets for all agents of a kind; generation 0 where it sets nothing yet',
    permission: 'defaults:read',
    params: byAgentKind,
    ...answers,
    errors: ['agent.kind-unknown'],
    handle: (context) => show(context, platform),
  }),
  route({
    method: 'put',
    path: '/platform/defaults/:agentKind',
    operationId: 'setPlatformDefaults',
    summary: 'Set what holds for all agents of a kind, and what no tenant may change',
    permission: 'defaults:update',
    params: byAgentKind,
    ...takes,
    errors: changeErrors,
    handle: (context) => change(context, platform),
  }),
  route({
    method: 'get',
    path: '/tenants/:id/defaults/:agentKind',
    operationId: 'getTenantDefaults',
    summary: 'What a tenant sets for its agents of a kind',
    permission: 'defaults:read',
    params: byIdAndAgentKind,
    ...answers,
    errors: ['tenant.unknown', 'agent.kind-unknown'],
    handle: async (context) => show(context, await ofTenant(context)),
  }),
  route({
    method: 'put',
    path: '/tenants/:id/defaults/:agentKind',
    operationId: 'setTenantDefaults',
    summary: 'Set what holds for all of a tenant’s agents of a kind, and what its projects may not change',
    permission: 'defaults:update',
    params: byIdAndAgentKind,
    ...takes,
    errors: ['tenant.unknown', ...changeErrors],
    handle: async (context) => change(context, await ofTenant(context)),
  }),
  route({
    method: 'get',
    path: '/projects/:id/defaults/:agentKind',
    operationId: 'getProjectDefaults',
    summary: 'What a project sets for its agents of a kind',
    permission: 'defaults:read',
    params: byIdAndAgentKind,
    ...answers,
    errors: ['project.unknown', 'agent.kind-unknown'],
    handle: async (context) => show(context, await ofProject(context)),
  }),
  route({
    method: 'put',
    path: '/projects/:id/defaults/:agentKind',
    operationId: 'setProjectDefaults',
    summary: 'Set what holds for all of a project’s agents of a kind, and what templates and instances may not change',
    permission: 'defaults:update',
    params: byIdAndAgentKind,
    ...takes,
    errors: ['project.unknown', ...changeErrors],
    handle: async (context) => change(context, await ofProject(context)),
  }),
];

type WithKind<Body = unknown> = RouteContext<{ agentKind: string }, unknown, Body>;

async function show({ tx, input, caller, authorize }: WithKind, place: DefaultsPlace): Promise<Answer> {
  authorize(scopeOf(place));
  const { kind } = rulesOf(input.params.agentKind);
  return answer(await findDefaults(tx, place, kind), place, kind, caller);
}

type Content = Pick<DefaultsRow, 'configuration' | 'locks'>;

async function change(context: WithKind<Content>, place: DefaultsPlace): Promise<Answer> {
  const { tx, input, caller, authorize, expectedGeneration } = context;
  authorize(scopeOf(place));
  const { kind } = rulesOf(input.params.agentKind);
  const by = requesterOf(context);
  const row = await setDefaults(tx, { place, agentKind: kind, expectedGeneration, ...input.body, by });
  return answer(row, place, kind, caller);
}

const scopeOf = (place: DefaultsPlace): AccessScope => (place.layer === 'platform' ? 'platform' : place);

function answer(row: DefaultsRow | null, place: DefaultsPlace, agentKind: string, caller: Caller): Answer {
  const body: DefaultsAnswer = {
    layer: place.layer,
    agentKind,
    configuration: row?.configuration ?? {},
    locks: row?.locks ?? [],
    generation: row?.generation ?? 0,
    updatedAt: row ? timeOf(row.updatedAt) : null,
    permissions: loadPermissions(caller, scopeOf(place), ['defaults:update']),
  };
  return { status: 200, body, headers: etag(body.generation) };
}
