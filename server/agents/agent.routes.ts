import { agentKinds, rulesOf } from '../../activities/adapters/registry.ts';
import { byId } from '../http/fields.ts';
import { etag } from '../http/if-match.ts';
import { mapPage } from '../http/page.ts';
import { route, type Route } from '../http/route.ts';
import { requesterOf } from '../operations/requester.ts';
import { presentAgentKind, presentAgentVersion } from './agent.presenter.ts';
import {
  AgentKindList,
  AgentVersionAnswer,
  AgentVersionList,
  AgentVersionPatch,
  AgentVersionQuery,
  NewAgentVersion,
} from './agent.schema.ts';
import { changeAgentVersion } from './commands/change-agent-version.ts';
import { enterAgentVersion } from './commands/enter-agent-version.ts';
import { listAgentVersions } from './list-agent-versions.ts';

export const agentRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/agent-kinds',
    operationId: 'listAgentKinds',
    summary: 'Kinds of agents that the platform has an adapter for',
    permission: 'agent-version:read',
    responses: { 200: AgentKindList },
    async handle({ authorize }) {
      authorize('platform');
      const items = agentKinds.map((kind) => presentAgentKind(rulesOf(kind)));
      return { status: 200, body: { items, next: null, total: items.length } };
    },
  }),
  route({
    method: 'get',
    path: '/agent-versions',
    operationId: 'listAgentVersions',
    summary: 'Versions of agents that can be run',
    permission: 'agent-version:read',
    query: AgentVersionQuery,
    responses: { 200: AgentVersionList },
    errors: ['request.cursor-invalid'],
    async handle({ input, caller, tx, authorize }) {
      authorize('platform');
      const page = await listAgentVersions(tx, input.query);
      return { status: 200, body: mapPage(page, (version) => presentAgentVersion(version, caller)) };
    },
  }),
  route({
    method: 'post',
    path: '/agent-versions',
    operationId: 'enterAgentVersion',
    summary: 'Enter a version of an agent with the image it runs from',
    permission: 'agent-version:create',
    body: NewAgentVersion,
    responses: { 201: AgentVersionAnswer },
    errors: ['agent.kind-unknown', 'agent.version-exists'],
    async handle(context) {
      context.authorize('platform');
      const version = await enterAgentVersion(context.tx, { ...context.input.body, by: requesterOf(context) });
      return {
        status: 201,
        body: presentAgentVersion(version, context.caller),
        headers: { ...etag(version.generation), Location: `/api/v1/agent-versions/${version.id}` },
      };
    },
  }),
  route({
    method: 'patch',
    path: '/agent-versions/:id',
    operationId: 'changeAgentVersion',
    summary: 'Allow, deprecate or withdraw a version, or move one that nothing refers to yet to another image',
    permission: 'agent-version:update',
    params: byId,
    body: AgentVersionPatch,
    ifMatch: true,
    responses: { 200: AgentVersionAnswer },
    errors: ['agent.version-unknown', 'agent.version-in-use', 'request.stale'],
    async handle(context) {
      const { input, tx, expectedGeneration } = context;
      context.authorize('platform');
      const change = { id: input.params.id, expectedGeneration, patch: input.body, by: requesterOf(context) };
      const version = await changeAgentVersion(tx, change);
      return { status: 200, body: presentAgentVersion(version, context.caller), headers: etag(version.generation) };
    },
  }),
];
