import { mapPage } from '../http/page.ts';
import { route, streamRoute, type AnyRoute } from '../http/route.ts';
import { byId } from '../http/fields.ts';
import { requireInstance } from '../instances/require-instance.ts';
import { eventStream, type EventStreamDeps } from './event-stream.ts';
import { presentEvent } from './event-row.ts';
import { EventAnswer, EventList, EventQuery, EventStreamQuery, InstanceEventQuery } from './event.schema.ts';
import { countUpTo, listEvents } from './list-events.ts';

export const eventRoutes = (deps: EventStreamDeps): AnyRoute[] => [
  route({
    method: 'get',
    path: '/events',
    operationId: 'listEvents',
    summary: `What happened, newest first; total counts up to ${countUpTo}`,
    permission: 'event:read',
    query: EventQuery,
    responses: { 200: EventList },
    errors: ['request.cursor-invalid'],
    handle: async ({ input, reach, tx }) => ({
      status: 200,
      body: mapPage(await listEvents(tx, reach(), input.query), presentEvent),
    }),
  }),
  streamRoute({
    method: 'get',
    path: '/events/stream',
    operationId: 'streamEvents',
    summary: 'What happens from now on, or since `Last-Event-ID`, as server-sent events',
    permission: 'event:read',
    query: EventStreamQuery,
    event: EventAnswer,
    open: (context) => eventStream(deps, context),
  }),
  route({
    method: 'get',
    path: '/instances/:id/events',
    operationId: 'listInstanceEvents',
    summary: `What happened to one instance, newest first; total counts up to ${countUpTo}`,
    permission: 'event:read',
    params: byId,
    query: InstanceEventQuery,
    responses: { 200: EventList },
    errors: ['instance.unknown', 'request.cursor-invalid'],
    async handle({ input, authorize, reach, tx }) {
      const { id, tenantId, projectId } = await requireInstance(tx, input.params.id);
      authorize({ tenantId, projectId });
      const page = await listEvents(tx, reach(), { ...input.query, instanceId: id });
      return { status: 200, body: mapPage(page, presentEvent) };
    },
  }),
];
