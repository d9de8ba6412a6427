import type { Caller } from '../access/caller.ts';
import { loadPermissions } from '../access/load-permissions.ts';
import type { Permission } from '../access/permissions.ts';
import { timeOf } from '../http/fields.ts';
import { ownLayerOf } from '../configs/own-layer.ts';
import { presentPlacement } from '../placement/placement.schema.ts';
import type { InstanceRow } from './instance-row.ts';
import type { InstanceAnswer, InstanceSummary } from './instance.schema.ts';
import { isLeftAlone } from './left-alone.ts';
import { presentResources } from './quantities.ts';
import type { InstanceWithConfiguration } from './read-instance.ts';

const onLiving = [
  'instance:update',
  'instance:delete',
  'instance:purge',
  'instance:start',
  'instance:stop',
  'instance:restart',
  'instance:kill',
  'instance:sync',
] as const satisfies Permission[];
const onDeleted = ['instance:purge'] as const satisfies Permission[];

export const presentInstanceSummary = (row: InstanceRow, caller: Caller): InstanceSummary => ({
  id: row.id,
  tenantId: row.tenantId,
  tenantName: row.tenantName,
  projectId: row.projectId,
  projectName: row.projectName,
  clusterId: row.clusterId,
  clusterName: row.clusterName,
  name: row.name,
  labels: row.labels,
  agentKind: row.agentKind,
  agentVersionId: row.agentVersionId,
  agentVersion: row.agentVersion,
  phase: row.phase,
  phaseSince: timeOf(row.phaseSince),
  power: row.power,
  revision: row.revision,
  liveRevision: row.liveRevision,
  generation: row.generation,
  observed: row.seen ? presentObserved(row) : null,
  lastError: row.lastError,
  activeOperation: presentActiveOperation(row),
  resources: presentResources(row.resources),
  volume: row.volume,
  templateId: row.templateId,
  templateName: row.templateName,
  templateVersion: row.templateVersion,
  rollbacks: row.rollbacks,
  leftAlone: isLeftAlone(row),
  drift: row.drift,
  createdAt: timeOf(row.createdAt),
  deletedAt: row.deletedAt ? timeOf(row.deletedAt) : null,
  permissions: loadPermissions<Permission>(caller, row, row.deletedAt ? onDeleted : onLiving),
});

export const presentInstance = (row: InstanceWithConfiguration, caller: Caller): InstanceAnswer => ({
  ...presentInstanceSummary(row, caller),
  configuration: row.configuration,
  overrides: ownLayerOf(row),
  variables: row.variables,
  provenance: row.provenance,
  placement: row.placement && presentPlacement(row.placement),
});

function presentObserved(row: InstanceRow): InstanceSummary['observed'] {
  const times = [row.lastSeenAt, row.clusterSeenAt].filter((time) => time !== null).map(timeOf);
  return {
    exists: row.exists,
    ready: row.ready,
    current: row.current,
    terminating: row.terminating,
    restarts: row.restarts,
    reason: row.reason,
    message: row.message,
    exitCode: row.exitCode,
    startedAt: row.startedAt ? timeOf(row.startedAt) : null,
    // A row is written when something changes; until then what the cluster showed last is still what it shows.
    lastSeenAt: times.sort().at(-1) ?? timeOf(row.createdAt),
  };
}

function presentActiveOperation(row: InstanceRow): InstanceSummary['activeOperation'] {
  const { operationId, operationKind, operationPhase } = row;
  if (!operationId || !operationKind || !operationPhase) return null;
  return { id: operationId, kind: operationKind, phase: operationPhase };
}
