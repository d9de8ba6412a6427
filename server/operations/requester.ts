import type { RouteContext } from '../http/route.ts';

/** On whose behalf an operation runs; `userId` is null where the platform itself asked. */
export interface Requester {
  userId: string | null;
  name: string;
  requestId: string | null;
}

export const platformRequester: Requester = { userId: null, name: 'platform', requestId: null };

/** What the platform does by itself because somebody has asked for it before, as an audit entry tells it. */
export const onBehalfOf = ({ userId, name }: Pick<Requester, 'userId' | 'name'>) => ({
  actorId: null,
  actorName: platformRequester.name,
  ...(name !== platformRequester.name && { onBehalfOfId: userId, onBehalfOfName: name }),
});

export const requesterOf = ({ caller, request }: Pick<RouteContext, 'caller' | 'request'>): Requester => ({
  userId: caller.userId,
  name: caller.name,
  requestId: request.requestId,
});
