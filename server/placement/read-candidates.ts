import type { Transaction } from '../persistence/transaction.ts';
import { amountNames, type Amounts } from '../quotas/amounts.ts';
import type { PlaceCandidate } from './choose-place.ts';

interface Row extends Omit<PlaceCandidate, 'free'> {
  capacity: Partial<Amounts> | null;
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
       coalesce(n.count, 0)::int as "ofProject"
     from clusters c join tenants t on t.id = ?
     left join (select cluster_id, count(*) as count from instances
       where tenant_id = ? and project_id = ? and deleted_at is null group by 1) n on n.cluster_id = c.id
     where ?::uuid is null or c.id = ?`,
    [tenantId, tenantId, projectId, clusterId, clusterId],
  );
  // A sum over everything that there is: only where it can say something.
  const reserved = rows.some(({ capacity }) => capacity) ? await reservedOn(tx) : new Map<string, Amounts>();
  return rows.map(({ capacity, ...row }) => ({ ...row, free: freeOf(capacity ?? {}, reserved.get(row.id)) }));
}

async function reservedOn(tx: Transaction): Promise<Map<string, Amounts>> {
  const rows = await tx.query<{ id: string } & Record<keyof Amounts, string>>(
    `select cluster_id as id, cpu_millis as "cpuMillis", memory_bytes as "memoryBytes", storage_bytes as "storageBytes",
       instances from occ_cluster_loads()`,
  );
  return new Map(
    rows.map(({ id, cpuMillis, memoryBytes, storageBytes, instances }) => [
      id,
      {
        cpuMillis: Number(cpuMillis),
        memoryBytes: Number(memoryBytes),
        storageBytes: Number(storageBytes),
        instances: Number(instances),
      },
    ]),
  );
}

const freeOf = (capacity: Partial<Amounts>, reserved: Amounts | undefined): Partial<Amounts> =>
  Object.fromEntries(
    amountNames.flatMap((name) => {
      const total = capacity[name];
      return total === undefined ? [] : [[name, total - (reserved?.[name] ?? 0)]];
    }),
  );
