import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { Cluster } from './cluster.entity.ts';
import type { ClusterAnswer } from './cluster.schema.ts';

export type ClusterRow = Omit<Pick<Cluster, keyof Cluster>, 'createdAt' | 'lastSeenAt' | 'createdBy'> & {
  createdAt: Date | string;
  lastSeenAt?: Date | string | null;
};

export function presentCluster(cluster: ClusterRow, caller: Caller): ClusterAnswer {
  const permissions = loadPermissions(caller, 'platform', ['cluster:update', 'cluster:delete']);
  // Messages hold addresses of the cluster: not for the members of tenants, who only choose one.
  const isOperator = permissions.includes('cluster:update');
  return {
    id: cluster.id,
    name: cluster.name,
    runtime: cluster.runtime,
    phase: cluster.phase,
    preparation: cluster.preparation ?? null,
    version: cluster.version ?? null,
    lastSeenAt: cluster.lastSeenAt ? timeOf(cluster.lastSeenAt) : null,
    settings: isOperator ? { ...cluster.settings } : null,
    message: isOperator ? (cluster.message ?? null) : null,
    generation: cluster.generation,
    createdAt: timeOf(cluster.createdAt),
    permissions,
  };
}
