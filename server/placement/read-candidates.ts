import type { Transaction } from '../persistence/transaction.ts';
import { amountNames, type Amounts } from '../quotas/amounts.ts';
import type { PlaceCandidate } from './choose-place.ts';

interface Row extends Omit<PlaceCandidate, 'free'> {
  capacity: Partial<Amounts> | null;
  reserved: Record<keyof Amounts, string | number>;
}

/** For whom a place is looked for. */
export interface PlaceFor {
  tenantId: string;
  projectId: string;
}

/** The clusters that the transaction can see, or the one named, as this tenant's wish for a place looks at them. */
export async function readCandidates(
  tx: Transaction,
  { tenantId, projectId }: PlaceFor,
  clusterId: string | null,
): Promise<PlaceCandidate[]> {
  const rows = await tx.query<Row>(
    `select c.id, c.name, c.runtime, c.labels, c.phase, c.cordoned_at is not null as cordoned,
       case when c.tenant_id is null then 'nobody' when c.tenant_id = t.id then 'tenant' else 'another' end as "belongsTo",
       t.allowed_clusters is null or c.id = any (t.allowed_clusters) as allowed, c.settings -> 'capacity' as capacity,
       jsonb_build_object('cpuMillis', coalesce(l.cpu_millis, 0), 'memoryBytes', coalesce(l.memory_bytes, 0),
         'storageBytes', coalesce(l.storage_bytes, 0), 'instances', coalesce(l.instances, 0)) as reserved,
       (select count(*) from instances i where i.tenant_id = t.id and i.project_id = ? and i.cluster_id = c.id
          and i.deleted_at is null)::int as "ofProject"
     from clusters c join tenants t on t.id = ? left join occ_cluster_loads() l on l.cluster_id = c.id
     where ?::uuid is null or c.id = ?`,
    [projectId, tenantId, clusterId, clusterId],
  );
  return rows.map(({ capacity, reserved, ...row }) => ({ ...row, free: freeOf(capacity ?? {}, reserved) }));
}

const freeOf = (capacity: Partial<Amounts>, reserved: Row['reserved']): Partial<Amounts> =>
  Object.fromEntries(
    amountNames.flatMap((name) => {
      const total = capacity[name];
      return total === undefined ? [] : [[name, total - Number(reserved[name])]];
    }),
  );
