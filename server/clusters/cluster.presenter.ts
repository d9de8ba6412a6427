import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import { timeOf } from '../http/fields.ts';
import type { ClusterRow } from './cluster-row.ts';
import type { ClusterAnswer } from './cluster.schema.ts';
import { belongsToOneTenant } from './runtime-kinds.ts';

export function presentCluster(cluster: ClusterRow, caller: Caller): ClusterAnswer {
  const permissions = loadPermissions(caller, 'platform', ['cluster:update', 'cluster:delete']);
  // Messages and settings hold addresses of the cluster: not for the members of tenants, who only choose one.
  const isOperator = permissions.includes('cluster:update');
  return {
    id: cluster.id,
    name: cluster.name,
    runtime: cluster.runtime,
    isolatesTenants: !belongsToOneTenant(cluster.runtime),
    tenantId: cluster.tenantId,
    tenantName: cluster.tenantName,
    labels: cluster.labels,
    phase: cluster.phase,
    preparation: cluster.preparation,
    cordonedAt: cluster.cordonedAt ? timeOf(cluster.cordonedAt) : null,
    version: cluster.version,
    lastSeenAt: cluster.lastSeenAt ? timeOf(cluster.lastSeenAt) : null,
    settings: isOperator ? { ...cluster.settings } : null,
    message: isOperator ? cluster.message : null,
    generation: cluster.generation,
    createdAt: timeOf(cluster.createdAt),
    permissions,
  };
}
