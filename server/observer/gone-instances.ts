import { goneInstance } from '../../activities/runtimes/gone-instance.ts';
import type { ObservedInstance } from '../../activities/runtimes/runtime.ts';
import { ObservedState } from '../instances/observed-state.entity.ts';
import { platformScope, type Database } from '../persistence/database.ts';

/** What the table still shows on this cluster and a complete snapshot does not, as observations of nothing. */
export async function goneInstances(
  db: Database,
  clusterId: string,
  seen: ReadonlySet<string>,
): Promise<ObservedInstance[]> {
  const shown = await db.transaction(platformScope(), ({ em }) =>
    em.find(
      ObservedState,
      { clusterId, $or: [{ exists: true }, { processPresent: true }, { volumePresent: true }] },
      { fields: ['tenantId', 'instanceId'] },
    ),
  );
  return shown.filter(({ instanceId }) => !seen.has(instanceId)).map(goneInstance);
}
