import type { RouteContext } from '../http/route.ts';

/** On whose behalf an operation runs; `userId` is null where the platform itself asked. */
export interface Requester {
  userId: string | null;
  name: string;
  requestId: string | null;
}

export const platformRequester: Requester = { userId: null, name: 'platform', requestId: null };

export const requesterOf = ({ caller, request }: Pick<RouteContext, 'caller' | 'request'>): Requester => ({
  userId: caller.userId,
  name: caller.name,
  requestId: request.requestId,
});
