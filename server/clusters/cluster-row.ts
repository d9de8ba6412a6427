import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import type { ClusterPreparation, ClusterSettings } from './cluster.entity.ts';
import type { RuntimeKind } from './runtime-kinds.ts';

/** One cluster with the name of whose it is. Times are as the driver gives them. */
export interface ClusterRow {
  id: string;
  name: string;
  runtime: RuntimeKind;
  tenantId: string | null;
  tenantName: string | null;
  labels: Record<string, string>;
  phase: 'Preparing' | 'Ready' | 'Unreachable';
  preparation: ClusterPreparation | null;
  settings: ClusterSettings;
  cordonedAt: Date | string | null;
  version: string | null;
  message: string | null;
  generation: number;
  lastSeenAt: Date | string | null;
  createdAt: Date | string;
}

export const clusterColumns = `c.id, c.name, c.runtime, c.tenant_id as "tenantId",
  (select t.name from tenants t where t.id = c.tenant_id) as "tenantName", c.labels, c.phase, c.preparation, c.settings,
  c.cordoned_at as "cordonedAt", c.version, c.message, c.generation, c.last_seen_at as "lastSeenAt",
  c.created_at as "createdAt"`;

/** @throws Problem 'cluster.unknown', also for one that belongs to another tenant */
export async function readCluster(tx: Transaction, id: string): Promise<ClusterRow> {
  await tx.em.flush();
  const [row] = await tx.query<ClusterRow>(`select ${clusterColumns} from clusters c where c.id = ?`, [id]);
  if (!row) throw new Problem('cluster.unknown', id);
  return row;
}
