import { activeOperationPhases } from '../../workflows/contracts/phases.ts';
import type { Fence, OneShotTrace } from '../../activities/runtimes/runtime.ts';
import { platformScope } from '../persistence/database.ts';
import { TenantSpace } from '../tenants/tenant-space.entity.ts';
import type { Lease } from './lease.ts';
import type { Watching } from './watching.ts';

/** Of no operation, so that only its age tells that nobody waits for it any more. */
const abandonedAfterMs = 60 * 60_000;
/** A namespace with volumes in it takes its time; the next round goes on. */
const spaceWithinMs = 60_000;

const fenceOf = (lease: Lease): Fence => ({
  operationId: 'observer',
  generation: 0,
  assertValid: () => lease.assertValid(),
});

/**
 * Removes short processes that nobody will come for: their operation has ended, or was superseded while the worker
 * that ran them was away. What belongs to no operation or tenant that we know is somebody else's.
 */
export async function removeAbandonedOneShots({ db, log, runtime, lease }: Watching): Promise<void> {
  const traces = await runtime.listOneShots(lease.signal);
  if (traces.length === 0) return;
  const { ended, tenants } = await db.transaction(platformScope(), async (tx) => {
    const operationIds = traces.flatMap(({ operationId }) => operationId ?? []);
    const tenantIds = traces.map(({ tenantId }) => tenantId);
    return {
      ended: await tx.query<{ id: string }>(
        `select id from operations where id::text = any (array[?]::text[]) and phase <> all (array[?]::text[])`,
        [operationIds, [...activeOperationPhases]],
      ),
      tenants: await tx.query<{ id: string }>(`select id from tenants where id::text = any (array[?]::text[])`, [
        tenantIds,
      ]),
    };
  });
  const isAbandoned = ({ operationId, tenantId, createdAt }: OneShotTrace): boolean =>
    operationId === null
      ? tenants.some(({ id }) => id === tenantId) && Date.now() - Date.parse(createdAt) > abandonedAfterMs
      : ended.some(({ id }) => id === operationId);
  for (const trace of traces.filter(isAbandoned)) {
    await runtime.removeOneShot(trace, fenceOf(lease), lease.signal);
    log.info({ oneShot: trace.name, operationId: trace.operationId }, 'removed a short process that was left behind');
  }
}

/** Removes the space that a late attempt has made for a tenant who had been deleted meanwhile. */
export async function removeSpacesOfDeleted(watching: Watching, clusterId: string): Promise<void> {
  const { db, log, runtime, lease } = watching;
  const present = await runtime.listTenantSpaces(lease.signal);
  if (present.length === 0) return;
  const deleted = await db.transaction(platformScope(), (tx) =>
    tx.query<{ id: string }>(
      `select id from tenants t where id::text = any (array[?]::text[]) and phase = 'Deleted'
         and not exists (select from operations o where o.tenant_id = t.id and o.phase = any (array[?]::text[]))`,
      [present, [...activeOperationPhases]],
    ),
  );
  for (const { id: tenantId } of deleted) {
    const signal = AbortSignal.any([lease.signal, AbortSignal.timeout(spaceWithinMs)]);
    await runtime.removeTenantSpace(tenantId, fenceOf(lease), signal);
    await db.transaction(platformScope(), async (tx) => {
      await lease.assertHeld(tx);
      await tx.em.nativeDelete(TenantSpace, { tenantId, clusterId });
    });
    log.info({ tenantId }, 'removed the space of a tenant that is deleted');
  }
}
