import { setTimeout as sleep } from 'node:timers/promises';
import { activeOperationPhases, InstancePhase } from '../../workflows/contracts/phases.ts';
import { platformScope, type Database } from '../persistence/database.ts';
import { refreshPhaseUnder } from './commands/record-cluster-health.ts';
import type { Lease } from './lease.ts';

const everyMs = 2_000;
const batchSize = 50;

/** Phases that rest on what was seen. */
const observedPhases = [
  InstancePhase.Running,
  InstancePhase.Degraded,
  InstancePhase.Stopping,
  InstancePhase.Stopped,
] as const;

/** Nobody watches a cluster in preparation: what was last seen of its instances is not said to be so any more. */
export async function refreshUnwatched(db: Database, lease: Lease): Promise<void> {
  while (!lease.signal.aborted) {
    const ids = await db.transaction(platformScope(), (tx) =>
      tx.query<{ id: string }>(
        `select i.id from clusters c join instances i on i.cluster_id = c.id
         where c.phase = 'Preparing' and i.phase = any (array[?]::text[]) and not exists (
           select from operations o where o.instance_id = i.id and o.tenant_id = i.tenant_id and o.phase = any (array[?]::text[]))
         limit ${batchSize}`,
        [[...observedPhases], [...activeOperationPhases]],
      ),
    );
    for (const { id } of ids) await refreshPhaseUnder(db, id, lease);
    if (ids.length < batchSize) await sleep(everyMs, undefined, { signal: lease.signal }).catch(() => undefined);
  }
}
