import type { Caller } from '../access/caller.ts';
import { tenantsMeantBy } from '../access/scope-of.ts';
import type { StreamPlaces } from '../limits/stream-places.ts';
import type { HttpContext } from './context.ts';

/**
 * An answer that takes as long as its reader likes has a place among the streams until it is over, or he is gone.
 * @throws Problem 'request.too-many-streams', 'server.busy'
 */
export function takePlace({ res, query }: HttpContext, places: StreamPlaces, caller: Caller): void {
  const giveBack = places.take(caller.userId, tenantsMeantBy(caller, query));
  if (res.closed) giveBack();
  else res.once('close', giveBack);
}
