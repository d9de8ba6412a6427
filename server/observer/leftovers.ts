import type { Instance } from '../instances/instance.entity.ts';
import { platformScope } from '../persistence/database.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { Watching } from './watching.ts';

interface Leftover extends Pick<Instance, 'tenantId' | 'projectId' | 'name' | 'generation'> {
  instanceId: string;
  workload: boolean;
  volume: boolean;
}

/**
 * Removes what an attempt of a superseded operation created after everything had been removed: the instance is
 * `Deleted`, or its creation `Failed`, nobody works on it, and yet there is something. What belongs to no instance that
 * we know is somebody else's. The instance's present generation is the fence, so that a retry that has begun since is
 * not hit.
 */
export async function removeLeftovers({ db, log, runtime, lease }: Watching, clusterId: string): Promise<void> {
  const found = await db.transaction(platformScope(), (tx) => findLeftovers(tx, clusterId));
  for (const { instanceId, tenantId, projectId, name, generation, workload, volume } of found) {
    const ref = { tenantId, projectId, instanceId, name };
    const fence = { operationId: 'observer', generation, assertValid: () => lease.assertValid() };
    try {
      if (workload) await runtime.removeInstance(ref, fence, lease.signal);
      if (volume) await runtime.removeVolume(ref, fence, lease.signal);
      log.info({ instanceId, workload, volume }, 'removed what a superseded attempt had left');
    } catch (error) {
      lease.assertValid();
      log.warn({ instanceId, err: error }, 'a leftover is still there');
    }
  }
}

const findLeftovers = (tx: Transaction, clusterId: string): Promise<Leftover[]> =>
  tx.query(
    `select i.id as "instanceId", i.tenant_id as "tenantId", i.project_id as "projectId", i.name, i.generation,
       o.exists as workload, (o.volume_present and i.volume <> 'present') as volume
     from observed_states o join instances i on i.tenant_id = o.tenant_id and i.id = o.instance_id
     where o.cluster_id = ? and i.phase in ('Deleted', 'Failed')
       and (o.exists or (o.volume_present and i.volume <> 'present'))
       and not exists (select from operations p where p.tenant_id = i.tenant_id and p.instance_id = i.id
         and p.phase in ('Accepted', 'Running', 'Compensating'))
     limit 100`,
    [clusterId],
  );
