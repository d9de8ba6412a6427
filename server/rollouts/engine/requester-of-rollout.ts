import type { Requester } from '../../operations/requester.ts';
import type { Rollout } from '../rollout.entity.ts';

/** On whose behalf its operations run. */
export const requesterOfRollout = ({ requestedBy, requestedByName, requestId }: Rollout): Requester => ({
  userId: requestedBy ?? null,
  name: requestedByName,
  requestId: requestId ?? null,
});
