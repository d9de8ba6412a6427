import type { Transaction } from '../persistence/transaction.ts';

export interface Remains {
  /** Failed creations count: their record can still be retried. */
  instances: number;
  /** Of deleted instances. */
  keptVolumes: number;
}

/** What is still there of a tenant, of one of its projects, or on a cluster (of every tenant; platform scope only). */
export async function remainsOf(
  tx: Transaction,
  where: { tenantId: string; projectId?: string } | { clusterId: string; exceptTenantId?: string },
): Promise<Remains> {
  const [condition, parameters] =
    'clusterId' in where
      ? ['cluster_id = ? and tenant_id is distinct from ?::uuid', [where.clusterId, where.exceptTenantId ?? null]]
      : where.projectId
        ? ['tenant_id = ? and project_id = ?', [where.tenantId, where.projectId]]
        : ['tenant_id = ?', [where.tenantId]];
  const [row] = await tx.query<{ instances: number; keptVolumes: number }>(
    `select (count(*) filter (where phase <> 'Deleted'))::int as instances,
       (count(*) filter (where phase = 'Deleted' and volume = 'present'))::int as "keptVolumes"
     from instances where ${condition}`,
    parameters,
  );
  if (!row) throw new Error('a count without a row');
  return row;
}

export const describeRemains = ({ instances, keptVolumes }: Remains): string =>
  `${instances} instances, ${keptVolumes} kept volumes of deleted instances`;
